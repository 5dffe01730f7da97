#include "service/connection.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

#include "service/http_body.h"
#include "service/http_head.h"
#include "service/wire.h"

namespace headwater {

namespace {

namespace net = boost::asio;
using Tcp = net::ip::tcp;
using Failure = boost::system::error_code;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr size_t most_held_bytes = longest_head_bytes + longest_request_line_bytes;  ///< received and not yet taken
constexpr size_t read_bytes = 4096;
constexpr milliseconds leave_time{1000};
constexpr int stream_buffer_bytes = 64 << 10;  ///< that the kernel holds for a client of a stream

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
        if (!received_.empty()) return read_head();
        wait();
        begin_deadline(requests_ == 0 ? floor_.options.head_ms : floor_.options.idle_ms);
        receive(read_bytes, [self = shared_from_this()](Failure failure, size_t) {
            self->end_deadline();
            if (failure) return self->wire_->close();
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

    bool send_more() override {
        if (!wire_->socket().is_open() || is_ending_) return false;
        const auto text = response_.stream->next();
        if (text == nullptr) return is_sending_ || !end_stream();
        if (is_sending_) {
            wire_->close();
            return false;
        }
        is_sending_ = true;
        wire_->write(*text, [self = shared_from_this()](Failure failure, size_t) {
            self->is_sending_ = false;
            if (failure) self->wire_->close();
        });
        return true;
    }

  private:
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

    /// Puts what comes, at most so many bytes, behind what is held.
    template <typename Then>
    void receive(size_t most, Then then) {
        const size_t held = received_.size();
        received_.resize(held + most);
        wire_->read(net::buffer(received_.data() + held, most),
                    [self = shared_from_this(), held, then = std::move(then)](Failure failure, size_t size) {
                        self->received_.resize(held + size);
                        then(failure, size);
                    });
    }

    size_t room() const { return most_held_bytes - received_.size(); }

    /// Reads until the head is whole; one deadline holds for all of it.
    void look_for_end() {
        if (const size_t size = head_end_.in(received_); size > 0) return take_head(size);
        const bool has_line = std::string_view(received_).substr(0, longest_request_line_bytes).contains('\n');
        if (!has_line && received_.size() >= longest_request_line_bytes)
            return give_up(414, "Request line is too long");
        if (room() == 0) return give_up(431, "Head is too long");
        receive(std::min(room(), read_bytes), [self = shared_from_this()](Failure failure, size_t) {
            if (self->is_late_) return self->give_up(408, "Head took too long");
            if (failure) return self->end_deadline();
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
        auto head = headwater::read_head(std::string_view(received_).substr(0, size));
        received_.erase(0, size);
        if (!head) return refuse(head.error());
        static_cast<RequestHead&>(request_) = std::move(*head);
        keeps_alive_ = request_.keeps_alive && ++requests_ < floor_.options.most_requests;
        admission_ = floor_.handler.admit(request_);  // finds its route, for which a refusal counts too
        if (!floor_.rates.take(client_, micros(began_.time_since_epoch()))) return answer_unread(too_often());
        if (admission_.refusal) return answer_unread(std::move(*admission_.refusal));
        if (request_.body_bytes > admission_.longest_body_bytes) return refuse(too_long(admission_.longest_body_bytes));
        begin_body();
    }

    HttpResponse too_often() {
        auto response = floor_.handler.refuse(429, "Requests come too often from the address: " + client_);
        response.fields.emplace_back("Retry-After", "1");
        return response;
    }

    /// The body of a refused request is not read, so the connection cannot go on behind it.
    void answer_unread(HttpResponse response) {
        response.closes = response.closes || request_.has_body();
        answer(std::move(response));
    }

    void begin_body() {
        body_.emplace(request_, admission_.longest_body_bytes);
        if (body_->is_done()) return dispatch();
        body_began_ = Clock::now();
        body_bytes_ = received_.size();
        wait();
        begin_body_deadline();
        if (!request_.expects_continue) return read_body();
        wire_->write("HTTP/1.1 100 Continue\r\n\r\n", [self = shared_from_this()](Failure failure, size_t) {
            if (!failure) return self->read_body();
            self->stop_waiting();
            self->end_deadline();
        });
    }

    /// A body may take so long, and must not come slower than at its least rate.
    void begin_body_deadline() {
        const auto& options = floor_.options;
        const int64_t due_ms = options.body_grace_ms + static_cast<int64_t>(body_bytes_) * 1000 / options.slowest_body;
        const int64_t passed_ms = micros(Clock::now() - body_began_) / 1000;
        begin_deadline(std::max<int64_t>(std::min(due_ms, options.body_ms) - passed_ms, 0));
    }

    /// Takes what is there, then what comes.
    void read_body() {
        const auto taken = body_->take(received_);
        if (!taken) return give_up(taken.error().status, taken.error().reason);
        received_.erase(0, *taken);
        if (body_->is_done()) {
            stop_waiting();
            end_deadline();
            return dispatch();
        }
        receive(std::min(room(), 4 * read_bytes), [self = shared_from_this()](Failure failure, size_t size) {
            if (self->is_late_) return self->give_up(408, "Body took too long, or came too slowly");
            if (failure) {
                self->stop_waiting();
                return self->end_deadline();
            }
            self->body_bytes_ += size;
            self->begin_body_deadline();
            self->read_body();
        });
    }

    void dispatch() {
        request_.body = body_->release();
        body_.reset();
        if (admission_.is_quick) return answer(floor_.handler.answer(request_));
        net::post(floor_.slow, [self = shared_from_this(), executor = wire_->socket().get_executor()]() mutable {
            auto response = self->floor_.handler.answer(self->request_);
            net::post(executor, [self = std::move(self), response = std::move(response)]() mutable {
                self->answer(std::move(response));
            });
        });
    }

    void refuse(const HeadRefusal& why) { refuse(why.status, why.reason); }

    void refuse(int status, const std::string& reason) {
        auto response = floor_.handler.refuse(status, reason);
        response.closes = true;
        answer(std::move(response));
    }

    void answer(HttpResponse response) {
        response_ = std::move(response);
        keeps_alive_ = keeps_alive_ && !response_.closes && response_.stream == nullptr;
        std::string text =
            "HTTP/1.1 " + std::to_string(response_.status) + " " + std::string(phrase_of(response_.status)) + "\r\n";
        auto field = [&](std::string_view name, std::string_view value) {
            text.append(name).append(": ").append(value).append("\r\n");
        };
        if (!response_.content_type.empty()) field("Content-Type", response_.content_type);
        if (response_.stream == nullptr && response_.status != 204)
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
            if (self->response_.stream != nullptr && self->request_.method != "HEAD") return self->begin_stream();
            if (self->keeps_alive_) return self->read();
            self->leave();
        });
    }

    void begin_stream() {
        Failure ignored;
        wire_->socket().set_option(net::socket_base::send_buffer_size(stream_buffer_bytes), ignored);
        floor_.streaming.push_back(weak_from_this());
        listen_for_end();
    }

    /// Holds the connection while its answer goes on; whatever more the client says is passed over.
    void listen_for_end() {
        received_.clear();
        receive(read_bytes, [self = shared_from_this()](Failure failure, size_t) {
            if (!failure && !self->is_late_) return self->listen_for_end();
            self->end_deadline();
            self->wire_->close();
        });
    }

    /// Says goodbye when all is said, and leaves the client a moment to read it.
    bool end_stream() {
        if (!response_.stream->is_over()) return false;
        is_ending_ = true;
        wire_->finish();
        begin_deadline(leave_time.count());
        return true;
    }

    /// Ends after a refusal: says so, then reads for a moment what is still under way, or the peer's kernel would throw
    /// the answer away together with the connection.
    void leave() {
        wire_->finish();
        begin_deadline(leave_time.count());
        drain(1 << 20);
    }

    void drain(size_t left) {
        received_.clear();
        receive(4 * read_bytes, [self = shared_from_this(), left](Failure failure, size_t size) {
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
    std::string received_;  ///< and not yet taken
    std::optional<HttpBody> body_;
    HttpRequest request_;
    HttpResponse response_;
    Admission admission_;
    std::string peer_;
    std::string client_;
    Clock::time_point began_;
    Clock::time_point body_began_;
    size_t body_bytes_ = 0;  ///< that came since, framing and all
    std::list<Connection*>::iterator place_;
    int requests_ = 0;
    bool keeps_alive_ = true;
    int turn_ = 0;  ///< of the deadline: one that is over must not cut what came behind
    bool is_late_ = false;
    bool is_waiting_ = false;
    bool is_turned_away_ = false;
    bool is_sending_ = false;  ///< a piece of a stream is on its way
    bool is_ending_ = false;   ///< nothing more of a stream will come
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
