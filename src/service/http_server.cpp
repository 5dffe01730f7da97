// For serving HTTP/1.1: connections, limits and deadlines; what is answered is another's business.
#include "service/http_server.h"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstring>
#include <deque>
#include <list>
#include <map>
#include <random>
#include <utility>

#include "service/request_rates.h"
#include "service/tls.h"

namespace headwater {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = net::ip::tcp;
using Failure = beast::error_code;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr size_t longest_chunk_extension_bytes = 256;
constexpr size_t read_bytes = 4096;
constexpr size_t most_turned_away = 64;  ///< connections that are told why; more of them are closed at once
constexpr milliseconds leave_time{1000};
constexpr milliseconds tick_interval{50};
constexpr milliseconds accept_pause{100};  ///< when no connection can be taken, for want of file descriptors

/// Finds the end of a head, or of the first line that ends without a carriage return: such a head is refused.
class HeadEnd {
  public:
    /// Looks on from where the last call came to; gives the size up to the end, 0 when it is not there yet.
    size_t in(std::string_view bytes) {
        for (; at_ < bytes.size(); ++at_) {
            if (bytes[at_] != '\n') continue;
            const size_t length = at_ - line_;
            if (length == 0 || bytes[at_ - 1] != '\r' || length == 1) return at_ + 1;
            line_ = at_ + 1;
        }
        return 0;
    }

  private:
    size_t at_ = 0;
    size_t line_ = 0;  ///< where the line begins
};

/// A number that no other request of this process has, and hardly one of another.
class RequestIds {
  public:
    std::string next() {
        constexpr char digits[] = "0123456789abcdef";
        std::string id(16, '0');
        uint64_t word = words_();
        for (char& c : id) {
            c = digits[word & 15];
            word >>= 4;
        }
        return id;
    }

  private:
    std::mt19937_64 words_{std::random_device{}()};
};

/// The bytes of one connection, behind TLS where the server has it. Used by the server's thread.
class Wire : public std::enable_shared_from_this<Wire> {
  public:
    using Done = std::function<void(Failure, size_t)>;

    Wire(Tcp::socket socket, const TlsIdentity* identity) : socket_(std::move(socket)) {
        if (identity == nullptr) return;
        session_ = identity->accept();
        sealed_.resize(read_bytes);
    }

    Tcp::socket& socket() { return socket_; }
    bool is_sealed() const { return session_ != nullptr; }

    /// Reads at least one byte.
    void read(net::mutable_buffer into, Done done) {
        if (!session_) return socket_.async_read_some(into, std::move(done));
        if (!plain_.empty()) return hand_over(into, std::move(done));
        socket_.async_read_some(net::buffer(sealed_), [self = shared_from_this(), into, done = std::move(done)](
                                                          Failure failure, size_t size) mutable {
            if (failure) return done(failure, 0);
            const bool is_sound = self->session_->take({self->sealed_.data(), size}, self->plain_);
            if (std::string bytes = self->session_->outgoing(); !bytes.empty())
                self->send(std::move(bytes), [](Failure, size_t) {});
            if (!self->plain_.empty()) return self->hand_over(into, std::move(done));
            if (!is_sound || self->session_->is_ended()) return done(net::error::eof, 0);
            self->read(into, std::move(done));
        });
    }

    /// Writes all of the text, behind what is being written.
    void write(std::string text, Done done) {
        if (!session_) return send(std::move(text), std::move(done));
        const bool is_sealed = session_->seal(text);
        std::string bytes = session_->outgoing();
        if (!is_sealed) return done(net::error::not_connected, 0);
        send(std::move(bytes), std::move(done));
    }

    /// Says that nothing more will be written.
    void finish() {
        Failure failure;
        if (!session_) {
            socket_.shutdown(Tcp::socket::shutdown_send, failure);
            return;
        }
        session_->close();
        send(session_->outgoing(), [self = shared_from_this()](Failure, size_t) {
            Failure ignored;
            self->socket_.shutdown(Tcp::socket::shutdown_send, ignored);
        });
    }

    /// Lets what is awaited fail, and takes nothing away from what comes next.
    void interrupt() {
        Failure ignored;
        socket_.cancel(ignored);
    }

    void close() {
        Failure ignored;
        socket_.close(ignored);
    }

  private:
    void hand_over(net::mutable_buffer into, Done done) {
        const size_t size = std::min(into.size(), plain_.size());
        std::memcpy(into.data(), plain_.data(), size);
        plain_.erase(0, size);
        net::post(socket_.get_executor(), [done = std::move(done), size] { done({}, size); });
    }

    void send(std::string bytes, Done done) {
        outgoing_.emplace_back(std::move(bytes), std::move(done));
        if (outgoing_.size() == 1) send_next();
    }

    void send_next() {
        net::async_write(socket_, net::buffer(outgoing_.front().first),
                         [self = shared_from_this()](Failure failure, size_t size) {
                             const Done done = std::move(self->outgoing_.front().second);
                             self->outgoing_.pop_front();
                             if (!self->outgoing_.empty()) self->send_next();
                             done(failure, size);
                         });
    }

    Tcp::socket socket_;
    std::unique_ptr<TlsSession> session_;  ///< none: bytes go as they are
    std::string sealed_;                   ///< as they came
    std::string plain_;                    ///< unsealed and not yet read
    std::deque<std::pair<std::string, Done>> outgoing_;
};

class Connection;

/// What the connections of one server share. Used by the server's thread.
struct Floor {
    const HttpServerOptions& options;
    HttpHandler& handler;
    net::thread_pool& slow;
    RequestRates rates;
    RequestIds ids{};
    std::list<Connection*> waiting{};  ///< for bytes of a request, those that wait longest in front
    std::map<std::string, size_t> by_address{};
    size_t connections = 0;
    size_t turned_away = 0;  ///< those that are being told why
};

/// What counts as one client: an address, of IPv6 the network that its owner has.
std::string client_of(const net::ip::address& address) {
    if (!address.is_v6()) return address.to_string();
    if (address.to_v6().is_v4_mapped())
        return net::ip::make_address_v4(net::ip::v4_mapped, address.to_v6()).to_string();
    auto bytes = address.to_v6().to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), 0);
    return net::ip::address_v6(bytes).to_string();
}

/// One connection, from its acceptance to its end. Lives as long as something is awaited.
class Connection : public std::enable_shared_from_this<Connection> {
  public:
    Connection(Tcp::socket socket, std::string peer, std::string client, Floor& floor)
        : wire_(std::make_shared<Wire>(std::move(socket), floor.options.tls)),
          deadline_(wire_->socket().get_executor()),
          floor_(floor),
          peer_(std::move(peer)),
          client_(std::move(client)) {
        Failure ignored;
        wire_->socket().set_option(Tcp::no_delay(true), ignored);
        ++floor_.connections;
        ++floor_.by_address[client_];
    }

    ~Connection() {
        stop_waiting();
        --floor_.connections;
        if (--floor_.by_address[client_] == 0) floor_.by_address.erase(client_);
        if (is_turned_away_) --floor_.turned_away;
    }

    const std::string& client() const { return client_; }

    /// Reads the next request.
    void read() {
        if (buffer_.size() > 0) return read_head();
        wait();
        begin_deadline(requests_ == 0 ? floor_.options.head_ms : floor_.options.idle_ms);
        wire_->read(buffer_.prepare(read_bytes), [self = shared_from_this()](Failure failure, size_t size) {
            self->end_deadline();
            if (failure) return self->wire_->close();
            self->buffer_.commit(size);
            self->read_head();
        });
    }

    /// Closes a connection that waits; to make room for another one.
    void give_way() {
        stop_waiting();
        wire_->close();
    }

    /// Tells a client that there is no room for it, before it asks. Behind TLS it could not be read yet.
    void turn_away(int status, const std::string& reason) {
        is_turned_away_ = true;
        ++floor_.turned_away;
        began_ = Clock::now();
        request_.peer = peer_;
        request_.id = floor_.ids.next();
        if (wire_->is_sealed()) return wire_->close();
        auto response = floor_.handler.refuse(status, reason);
        response.fields.emplace_back("Retry-After", "1");
        response.closes = true;
        answer(std::move(response));
    }

  private:
    using Parser = http::request_parser<http::string_body>;

    /// Stands in the row of those that the server waits for.
    void wait() {
        stop_waiting();
        place_ = floor_.waiting.insert(floor_.waiting.end(), this);
        is_waiting_ = true;
    }

    void stop_waiting() {
        if (is_waiting_) floor_.waiting.erase(place_);
        is_waiting_ = false;
    }

    void read_head() {
        if (!is_waiting_) wait();
        began_ = Clock::now();
        request_ = {};
        request_.peer = peer_;
        request_.id = floor_.ids.next();
        head_end_ = {};
        begin_deadline(floor_.options.head_ms);
        look_for_end();
    }

    /// Gives what is awaited from now on so much time.
    void begin_deadline(int64_t ms) {
        is_late_ = false;
        deadline_.expires_after(milliseconds(ms));
        deadline_.async_wait([self = shared_from_this(), turn = ++turn_](Failure failure) {
            if (failure || turn != self->turn_) return;
            self->is_late_ = true;
            self->wire_->interrupt();
        });
    }

    void end_deadline() {
        ++turn_;
        deadline_.cancel();
    }

    std::string_view received() const { return {static_cast<const char*>(buffer_.data().data()), buffer_.size()}; }

    /// Reads until the head is whole; one deadline holds for all of it.
    void look_for_end() {
        if (const size_t size = head_end_.in(received()); size > 0) return take_head(size);
        const bool has_line = received().substr(0, longest_request_line_bytes).find('\n') != std::string_view::npos;
        if (!has_line && buffer_.size() >= longest_request_line_bytes) return give_up(414, "Request line is too long");
        const size_t room = buffer_.max_size() - buffer_.size();
        if (room == 0) return give_up(431, "Head is too long");
        auto into = buffer_.prepare(std::min(room, read_bytes));
        wire_->read(into, [self = shared_from_this()](Failure failure, size_t size) {
            if (self->is_late_) return self->give_up(408, "Head took too long");
            if (failure) return self->end_deadline();
            self->buffer_.commit(size);
            self->look_for_end();
        });
    }

    void give_up(int status, const std::string& reason) {
        stop_waiting();
        end_deadline();
        refuse(status, reason);
    }

    void take_head(size_t size) {
        stop_waiting();
        end_deadline();
        const std::string_view bytes = received();
        auto head = headwater::read_head(bytes.substr(0, size));
        if (!head) return refuse(head.error().status, head.error().reason);
        request_.method = head->method;
        request_.path = head->path;
        request_.query = head->query;
        request_.fields = head->fields;
        keeps_alive_ = head->keeps_alive && ++requests_ < floor_.options.most_requests;
        if (!floor_.rates.take(client_, micros(began_.time_since_epoch()))) return answer_unread(too_often(), *head);
        admission_ = floor_.handler.admit(*head);
        if (admission_.refusal) return answer_unread(std::move(*admission_.refusal), *head);
        if (head->body_bytes > admission_.longest_body_bytes) return refuse_body();
        start_parser(bytes.substr(0, size), *head);
    }

    HttpResponse too_often() {
        auto response = floor_.handler.refuse(429, "Requests come too often from the address: " + client_);
        response.fields.emplace_back("Retry-After", "1");
        return response;
    }

    /// The body of a refused request is not read, so the connection cannot go on behind it.
    void answer_unread(HttpResponse response, const RequestHead& head) {
        if (head.has_body()) response.closes = true;
        if (!response.closes) buffer_.consume(received().find("\r\n\r\n") + 4);
        answer(std::move(response));
    }

    /// The second opinion: Beast reads the same head, and then the body.
    void start_parser(std::string_view bytes, const RequestHead& head) {
        parser_.emplace();
        parser_->header_limit(longest_head_bytes + longest_request_line_bytes);
        parser_->body_limit(admission_.longest_body_bytes);
        parser_->on_chunk_header(on_chunk_);
        Failure failure;
        const size_t taken = parser_->put(net::buffer(bytes.data(), bytes.size()), failure);
        if (failure && failure != http::error::need_more) return refuse(400, failure.message());
        buffer_.consume(taken);
        if (parser_->is_done()) return dispatch();
        if (taken != bytes.size() || !parser_->is_header_done()) return refuse(400, "Head is malformed");
        fields_ = count_fields();
        body_began_ = Clock::now();
        body_bytes_ = 0;
        parser_->eager(true);
        wait();
        begin_body_deadline();
        if (!head.expects_continue) return read_body();
        wire_->write("HTTP/1.1 100 Continue\r\n\r\n", [self = shared_from_this()](Failure failure, size_t) {
            if (!failure) return self->read_body();
            self->stop_waiting();
            self->end_deadline();
        });
    }

    size_t count_fields() const { return static_cast<size_t>(std::ranges::distance(parser_->get().base())); }

    /// A body may take so long, and must not come slower than at its least rate.
    void begin_body_deadline() {
        const auto& options = floor_.options;
        const int64_t due_ms = options.body_grace_ms + static_cast<int64_t>(body_bytes_) * 1000 / options.slowest_body;
        const int64_t passed_ms = micros(Clock::now() - body_began_) / 1000;
        begin_deadline(std::max<int64_t>(std::min(due_ms, options.body_ms) - passed_ms, 0));
    }

    /// Feeds the parser with what is there, then with what comes.
    void read_body() {
        Failure failure;
        while (buffer_.size() > 0 && !parser_->is_done()) {
            const size_t taken = parser_->put(buffer_.data(), failure);
            buffer_.consume(taken);
            if (failure == http::error::need_more || (!failure && taken == 0)) break;
            if (failure == http::error::body_limit) return give_up_body();
            if (failure) return give_up(400, "Body is malformed: " + failure.message());
        }
        if (parser_->is_done()) return take_body();
        const size_t room = buffer_.max_size() - buffer_.size();
        if (room == 0) return give_up(400, "Body is malformed: line of a chunk is too long");
        wire_->read(buffer_.prepare(std::min(room, 4 * read_bytes)),
                    [self = shared_from_this()](Failure failure, size_t size) {
                        if (self->is_late_) return self->give_up(408, "Body took too long, or came too slowly");
                        if (failure) {
                            self->stop_waiting();
                            return self->end_deadline();
                        }
                        self->buffer_.commit(size);
                        self->body_bytes_ += size;
                        self->begin_body_deadline();
                        self->read_body();
                    });
    }

    void take_body() {
        stop_waiting();
        end_deadline();
        if (count_fields() != fields_) return refuse(400, "Fields behind a body are not taken");
        dispatch();
    }

    void give_up_body() {
        stop_waiting();
        end_deadline();
        refuse_body();
    }

    void refuse_body() {
        refuse(413, "Body is longer than its limit in bytes: " + std::to_string(admission_.longest_body_bytes));
    }

    void dispatch() {
        request_.body = std::move(parser_->get().body());
        parser_.reset();
        if (admission_.is_quick) return answer(floor_.handler.answer(request_));
        net::post(floor_.slow, [self = shared_from_this(), executor = wire_->socket().get_executor()]() mutable {
            auto response = self->floor_.handler.answer(self->request_);
            net::post(executor, [self = std::move(self), response = std::move(response)]() mutable {
                self->answer(std::move(response));
            });
        });
    }

    void refuse(int status, const std::string& reason) {
        auto response = floor_.handler.refuse(status, reason);
        response.closes = true;
        answer(std::move(response));
    }

    void answer(HttpResponse response) {
        response_ = std::move(response);
        keeps_alive_ = keeps_alive_ && !response_.closes;
        std::string text =
            "HTTP/1.1 " + std::to_string(response_.status) + " " + std::string(phrase_of(response_.status)) + "\r\n";
        auto field = [&](std::string_view name, std::string_view value) {
            text.append(name).append(": ").append(value).append("\r\n");
        };
        if (!response_.content_type.empty()) field("Content-Type", response_.content_type);
        field("Content-Length", std::to_string(response_.body.size()));
        field("X-Request-Id", request_.id);
        field("X-Content-Type-Options", "nosniff");
        field("Referrer-Policy", "no-referrer");
        for (const auto& [name, value] : response_.fields) field(name, value);
        if (!keeps_alive_) field("Connection", "close");
        text += "\r\n";
        if (request_.method != "HEAD") text += response_.body;
        begin_deadline(floor_.options.body_ms);
        wire_->write(std::move(text), [self = shared_from_this()](Failure failure, size_t) {
            self->end_deadline();
            self->floor_.handler.answered(self->request_, self->response_, micros(Clock::now() - self->began_));
            if (failure) return;
            if (self->keeps_alive_) return self->read();
            self->leave();
        });
    }

    /// Ends after a refusal: says so, then reads for a moment what is still under way, or the peer's kernel would throw
    /// the answer away together with the connection.
    void leave() {
        wire_->finish();
        begin_deadline(leave_time.count());
        drain(1 << 20);
    }

    void drain(size_t left) {
        buffer_.clear();
        wire_->read(buffer_.prepare(4 * read_bytes), [self = shared_from_this(), left](Failure failure, size_t size) {
            if (!failure && size < left && !self->is_late_) return self->drain(left - size);
            self->end_deadline();
        });
    }

    static int64_t micros(Clock::duration time) {
        return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    }

    std::shared_ptr<Wire> wire_;
    net::steady_timer deadline_;
    Floor& floor_;
    HeadEnd head_end_;
    beast::flat_buffer buffer_{longest_head_bytes + longest_request_line_bytes};
    std::optional<Parser> parser_;
    std::function<void(std::uint64_t, beast::string_view, Failure&)> on_chunk_ =
        [](std::uint64_t, beast::string_view extensions, Failure& failure) {
            if (extensions.size() > longest_chunk_extension_bytes) failure = http::error::bad_chunk_extension;
        };
    HttpRequest request_;
    HttpResponse response_;
    Admission admission_;
    std::string peer_;
    std::string client_;
    Clock::time_point began_;
    Clock::time_point body_began_;
    size_t body_bytes_ = 0;  ///< that came since, framing and all
    size_t fields_ = 0;      ///< of the head, as the parser counts them
    std::list<Connection*>::iterator place_;
    int requests_ = 0;
    bool keeps_alive_ = true;
    int turn_ = 0;  ///< of the deadline: one that is over must not cut what came behind
    bool is_late_ = false;
    bool is_waiting_ = false;
    bool is_turned_away_ = false;
};

class BeastServer final : public HttpServer {
  public:
    BeastServer(const HttpServerOptions& options, HttpHandler& handler)
        : options_(options),
          floor_{options_, handler, slow_, RequestRates(options.address_rate)},
          slow_(static_cast<size_t>(options.slow_threads)),
          acceptor_(io_),
          timer_(io_),
          pause_(io_) {}

    ~BeastServer() override {
        slow_.stop();
        slow_.join();
    }

    Result<void> listen() {
        Failure failure;
        const std::string host = options_.host == "localhost" ? "127.0.0.1" : options_.host;
        const auto address = net::ip::make_address(host, failure);
        if (failure) return fail(ErrorKind::invalid, "Host to listen on is not an address: " + options_.host);
        const Tcp::endpoint place(address, options_.port);
        acceptor_.open(place.protocol(), failure);
        if (!failure) acceptor_.set_option(net::socket_base::reuse_address(true), failure);
        if (!failure) acceptor_.bind(place, failure);
        if (!failure) acceptor_.listen(net::socket_base::max_listen_connections, failure);
        if (failure)
            return fail(ErrorKind::unavailable, "Address cannot be listened on (" + failure.message() +
                                                    "): " + options_.host + ":" + std::to_string(options_.port));
        return {};
    }

    uint16_t port() const override { return acceptor_.local_endpoint().port(); }

    void serve(const std::function<bool()>& tick) override {
        accept();
        wait(tick);
        io_.run();
    }

    void stop_accepting() override {
        Failure ignored;
        acceptor_.close(ignored);
    }

  private:
    void wait(const std::function<bool()>& tick) {
        timer_.expires_after(tick_interval);
        timer_.async_wait([this, &tick](Failure) {
            if (tick()) return io_.stop();
            wait(tick);
        });
    }

    void accept() {
        acceptor_.async_accept([this](Failure failure, Tcp::socket socket) {
            if (!acceptor_.is_open()) return;
            if (failure) {
                if (!floor_.waiting.empty()) floor_.waiting.front()->give_way();
                pause_.expires_after(accept_pause);
                return pause_.async_wait([this](Failure) { accept(); });
            }
            take(std::move(socket));
            accept();
        });
    }

    /// Takes a connection. Where there are too many, of its client or of all, the one that waits longest gives way.
    void take(Tcp::socket socket) {
        Failure failure;
        const auto place = socket.remote_endpoint(failure);
        if (failure) return;
        const std::string client = client_of(place.address());
        const auto of_client = floor_.by_address.find(client);
        const bool is_client_full = options_.address_connections > 0 && of_client != floor_.by_address.end() &&
                                    of_client->second >= options_.address_connections;
        const bool is_full = floor_.connections >= options_.most_connections;
        bool has_room = true;
        if (is_client_full)
            has_room = give_way([&](const Connection* one) { return one->client() == client; });
        else if (is_full)
            has_room = give_way([](const Connection*) { return true; });
        if (!has_room && floor_.turned_away >= most_turned_away) return;
        const auto connection =
            std::make_shared<Connection>(std::move(socket), place.address().to_string(), client, floor_);
        if (has_room) return connection->read();
        if (is_client_full) return connection->turn_away(429, "Too many connections of the address: " + client);
        connection->turn_away(503, "Too many connections");
    }

    /// Closes the connection that waits longest among those that fit; false when there is none.
    bool give_way(const auto& fits) {
        const auto found = std::ranges::find_if(floor_.waiting, fits);
        if (found == floor_.waiting.end()) return false;
        (*found)->give_way();
        return true;
    }

    HttpServerOptions options_;
    Floor floor_;  ///< outlives the connections, which what follows holds
    net::io_context io_{1};
    net::thread_pool slow_;
    Tcp::acceptor acceptor_;
    net::steady_timer timer_;
    net::steady_timer pause_;
};

/// Connections need file descriptors, of which a shell often gives 1,024.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::open(const HttpServerOptions& options, HttpHandler& handler) {
    raise_descriptor_limit();
    auto server = std::make_unique<BeastServer>(options, handler);
    if (auto listening = server->listen(); !listening) return std::unexpected(listening.error());
    return server;
}

}  // namespace headwater
