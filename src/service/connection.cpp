#include "service/connection.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <utility>

#include "service/wire.h"

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
constexpr milliseconds leave_time{1000};

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

class HttpConnection final : public Connection, public std::enable_shared_from_this<HttpConnection> {
  public:
    HttpConnection(Tcp::socket socket, std::string peer, std::string client, Floor& floor)
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

    ~HttpConnection() override {
        stop_waiting();
        --floor_.connections;
        if (--floor_.by_address[client_] == 0) floor_.by_address.erase(client_);
        if (is_turned_away_) --floor_.turned_away;
    }

    const std::string& client() const override { return client_; }

    void read() override {
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

    void give_way() override {
        stop_waiting();
        wire_->close();
    }

    void turn_away(int status, const std::string& reason) override {
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

}  // namespace

std::shared_ptr<Connection> make_connection(Tcp::socket socket, Floor& floor) {
    Failure failure;
    const auto place = socket.remote_endpoint(failure);
    std::string client = client_of(place.address());
    return std::make_shared<HttpConnection>(std::move(socket), place.address().to_string(), std::move(client), floor);
}

/// What counts as one client: an address, of IPv6 the network that its owner has.
std::string client_of(const net::ip::address& address) {
    if (!address.is_v6()) return address.to_string();
    if (address.to_v6().is_v4_mapped())
        return net::ip::make_address_v4(net::ip::v4_mapped, address.to_v6()).to_string();
    auto bytes = address.to_v6().to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), 0);
    return net::ip::address_v6(bytes).to_string();
}

}  // namespace headwater
