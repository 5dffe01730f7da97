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
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <list>
#include <random>
#include <utility>

namespace headwater {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = net::ip::tcp;
using Failure = beast::error_code;
using std::chrono::milliseconds;

constexpr size_t longest_chunk_extension_bytes = 256;
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

class Connection;

/// What the connections of one server share. Used by the server's thread.
struct Floor {
    const HttpServerOptions& options;
    HttpHandler& handler;
    net::thread_pool& slow;
    RequestIds ids;
    std::list<Connection*> waiting{};  ///< for a request, those that wait longest in front
    size_t connections = 0;
};

/// One connection, from its acceptance to its end. Lives as long as something is awaited.
class Connection : public std::enable_shared_from_this<Connection> {
  public:
    Connection(Tcp::socket socket, Floor& floor)
        : stream_(std::move(socket)), deadline_(stream_.get_executor()), floor_(floor) {
        Failure failure;
        const auto peer = stream_.socket().remote_endpoint(failure);
        if (!failure) peer_ = peer.address().to_string();
        stream_.socket().set_option(Tcp::no_delay(true), failure);
        ++floor_.connections;
    }

    ~Connection() {
        stop_waiting();
        --floor_.connections;
    }

    /// Reads the next request.
    void read() {
        if (buffer_.size() > 0) return read_head();
        place_ = floor_.waiting.insert(floor_.waiting.end(), this);
        is_waiting_ = true;
        const bool is_first = requests_ == 0;
        stream_.expires_after(milliseconds(is_first ? floor_.options.head_ms : floor_.options.idle_ms));
        stream_.async_read_some(buffer_.prepare(4096), [self = shared_from_this()](Failure failure, size_t size) {
            if (failure) return;
            self->buffer_.commit(size);
            self->read_head();
        });
    }

    /// Closes a connection that waits; to make room for another one.
    void give_way() {
        stop_waiting();
        stream_.close();
    }

  private:
    using Parser = http::request_parser<http::string_body>;

    void stop_waiting() {
        if (is_waiting_) floor_.waiting.erase(place_);
        is_waiting_ = false;
    }

    void read_head() {
        if (!is_waiting_) {
            place_ = floor_.waiting.insert(floor_.waiting.end(), this);
            is_waiting_ = true;
        }
        began_ = std::chrono::steady_clock::now();
        request_ = {};
        request_.peer = peer_;
        request_.id = floor_.ids.next();
        head_end_ = {};
        begin_deadline(floor_.options.head_ms);
        look_for_end();
    }

    /// Gives what is read from now on so much time. The stream's own timer would close it before an answer could be sent.
    void begin_deadline(int64_t ms) {
        stream_.expires_never();
        is_late_ = false;
        deadline_.expires_after(milliseconds(ms));
        deadline_.async_wait([self = shared_from_this(), turn = ++turn_](Failure failure) {
            if (failure || turn != self->turn_) return;
            self->is_late_ = true;
            Failure ignored;
            self->stream_.socket().cancel(ignored);
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
        auto into = buffer_.prepare(std::min<size_t>(room, 4096));
        stream_.async_read_some(into, [self = shared_from_this()](Failure failure, size_t size) {
            if (failure && self->is_late_) return self->give_up(408, "Head took too long");
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
        admission_ = floor_.handler.admit(*head);
        if (admission_.refusal) return answer_unread(std::move(*admission_.refusal), *head);
        if (head->body_bytes > admission_.longest_body_bytes) return refuse_body();
        start_parser(bytes.substr(0, size), *head);
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
        begin_deadline(floor_.options.body_ms);
        if (!head.expects_continue) return read_body();
        static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        net::async_write(stream_, net::buffer(go_on), [self = shared_from_this()](Failure failure, size_t) {
            if (!failure) return self->read_body();
            self->end_deadline();
        });
    }

    void read_body() {
        http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](Failure failure, size_t) {
            self->end_deadline();
            if (!failure) return self->dispatch();
            if (failure == http::error::body_limit) return self->refuse_body();
            if (self->is_late_) return self->refuse(408, "Body took too long");
            if (failure.category() == http::make_error_code(http::error::bad_method).category() &&
                failure != http::error::end_of_stream && failure != http::error::partial_message)
                self->refuse(400, "Body is malformed: " + failure.message());
        });
    }

    void refuse_body() {
        refuse(413, "Body is longer than its limit in bytes: " + std::to_string(admission_.longest_body_bytes));
    }

    void dispatch() {
        request_.body = std::move(parser_->get().body());
        parser_.reset();
        stream_.expires_never();
        if (admission_.is_quick) return answer(floor_.handler.answer(request_));
        net::post(floor_.slow, [self = shared_from_this(), executor = stream_.get_executor()]() mutable {
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
        text_ =
            "HTTP/1.1 " + std::to_string(response_.status) + " " + std::string(phrase_of(response_.status)) + "\r\n";
        auto field = [&](std::string_view name, std::string_view value) {
            text_.append(name).append(": ").append(value).append("\r\n");
        };
        if (!response_.content_type.empty()) field("Content-Type", response_.content_type);
        field("Content-Length", std::to_string(response_.body.size()));
        field("X-Request-Id", request_.id);
        field("X-Content-Type-Options", "nosniff");
        field("Referrer-Policy", "no-referrer");
        for (const auto& [name, value] : response_.fields) field(name, value);
        if (!keeps_alive_) field("Connection", "close");
        text_ += "\r\n";
        if (request_.method != "HEAD") text_ += response_.body;
        stream_.expires_after(milliseconds(floor_.options.body_ms));
        net::async_write(stream_, net::buffer(text_), [self = shared_from_this()](Failure failure, size_t) {
            const auto taken = std::chrono::steady_clock::now() - self->began_;
            self->floor_.handler.answered(self->request_, self->response_,
                                          std::chrono::duration_cast<std::chrono::microseconds>(taken).count());
            if (failure) return;
            if (self->keeps_alive_) return self->read();
            self->leave();
        });
    }

    /// Ends after a refusal: says so, then reads for a moment what is still under way, or the peer's kernel would throw
    /// the answer away together with the connection.
    void leave() {
        Failure failure;
        stream_.socket().shutdown(Tcp::socket::shutdown_send, failure);
        if (failure) return;
        stream_.expires_after(milliseconds(1000));
        drain(1 << 20);
    }

    void drain(size_t left) {
        buffer_.clear();
        stream_.async_read_some(buffer_.prepare(16384),
                                [self = shared_from_this(), left](Failure failure, size_t size) {
                                    if (!failure && size < left) self->drain(left - size);
                                });
    }

    beast::tcp_stream stream_;
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
    std::string text_;  ///< of the answer
    std::string peer_;
    std::chrono::steady_clock::time_point began_;
    std::list<Connection*>::iterator place_;
    int requests_ = 0;
    bool keeps_alive_ = true;
    int turn_ = 0;  ///< of the deadline: one that is over must not cut what came behind
    bool is_late_ = false;
    bool is_waiting_ = false;
};

class BeastServer final : public HttpServer {
  public:
    BeastServer(const HttpServerOptions& options, HttpHandler& handler)
        : options_(options),
          floor_{options_, handler, slow_, {}},
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

    void take(Tcp::socket socket) {
        if (floor_.connections >= options_.most_connections) {
            if (floor_.waiting.empty()) return;
            floor_.waiting.front()->give_way();
        }
        std::make_shared<Connection>(std::move(socket), floor_)->read();
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
