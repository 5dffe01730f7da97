#include "sink/kafka/connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace headwater {

namespace {

constexpr size_t read_bytes = 64 << 10;
constexpr size_t most_answer_bytes = 64 << 20;
constexpr size_t most_pieces = 64;
constexpr size_t correlation_place = 8;

std::string text_of_errno(int error) { return std::strerror(error); }

}  // namespace

KafkaConnection::KafkaConnection(const WriteSettings& settings, const kafka::TlsContext* tls, KafkaAddress address,
                                 KafkaListener& listener)
    : settings_(settings),
      tls_(tls),
      address_(std::move(address)),
      listener_(listener),
      room_(std::make_unique_for_overwrite<char[]>(read_bytes)) {}

KafkaConnection::~KafkaConnection() {
    session_.reset();
    if (socket_ >= 0) ::close(socket_);
    if (found_ != nullptr) ::freeaddrinfo(found_);
}

void KafkaConnection::begin(int64_t now_ms) {
    HW_CHECK(state_ == State::down);
    now_ms_ = begun_at_ms_ = used_at_ms_ = now_ms;
    state_ = State::connecting;
    addrinfo wanted{};
    wanted.ai_family = settings_.family == 4 ? AF_INET : settings_.family == 6 ? AF_INET6 : AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_NUMERICSERV;
    int error = ::getaddrinfo(address_.host.c_str(), address_.port.c_str(), &wanted, &found_);
    if (error != 0) {
        found_ = nullptr;
        return fail_softly(::gai_strerror(error));
    }
    next_ = found_;
    try_next_address("");
}

void KafkaConnection::try_next_address(const std::string& why_not_before) {
    std::string why = why_not_before;
    for (; next_ != nullptr; next_ = next_->ai_next) {
        if (settings_.guard && !may_connect(settings_.guard, next_->ai_addr, next_->ai_addrlen))
            return drop({ErrorKind::invalid, "leads to an address that nothing may be sent to"});
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
        socket_ = ::socket(next_->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (socket_ < 0) {
            why = text_of_errno(errno);
            continue;
        }
        auto set = [&](int level, int name, int value) { ::setsockopt(socket_, level, name, &value, sizeof value); };
        if (settings_.has_no_delay) set(IPPROTO_TCP, TCP_NODELAY, 1);
        if (settings_.keeps_alive) set(SOL_SOCKET, SO_KEEPALIVE, 1);
        if (settings_.send_buffer_bytes > 0) set(SOL_SOCKET, SO_SNDBUF, settings_.send_buffer_bytes);
        if (settings_.receive_buffer_bytes > 0) set(SOL_SOCKET, SO_RCVBUF, settings_.receive_buffer_bytes);
        const addrinfo& tried = *next_;
        if (::connect(socket_, tried.ai_addr, tried.ai_addrlen) == 0 || errno == EINPROGRESS) {
            next_ = next_->ai_next;
            wants_write_ = true;
            return;
        }
        why = text_of_errno(errno);
    }
    fail_softly(why);
}

void KafkaConnection::finish_connecting() {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return try_next_address(text_of_errno(error));
    wants_write_ = false;
    greeting_ = std::make_unique<KafkaGreeting>(settings_);
    if (tls_ == nullptr) {
        state_ = State::greeting;
        return greet();
    }
    session_ = std::make_unique<kafka::TlsSession>(*tls_, socket_, address_.host);
    state_ = State::securing;
    shake_hands();
}

void KafkaConnection::shake_hands() {
    switch (session_->shake_hands()) {
        case kafka::TlsSession::Step::done:
            wants_write_ = false;
            state_ = State::greeting;
            return greet();
        case kafka::TlsSession::Step::wants_read: wants_write_ = false; return;
        case kafka::TlsSession::Step::wants_write: wants_write_ = true; return;
        case kafka::TlsSession::Step::closed: return fail_softly(session_->reason());
        case kafka::TlsSession::Step::failed: return drop({ErrorKind::invalid, session_->reason()});
    }
}

/// Says the next of the first words, or that they are all said.
void KafkaConnection::greet() {
    if (!greeting_->is_done()) {
        auto request = std::make_unique<WireRequest>();
        request->api = greeting_->api();
        open_frame(request->head, request->api, 0, settings_.client_id);
        greeting_->append_body(request->head);
        close_frame(request->head);
        return send(std::move(request), now_ms_);
    }
    state_ = State::ready;
    backoff_ms_ = 0;
    has_transactions_ = has_transactions_ || greeting_->has_transactions();
    // A broker ends connections whose login is over; before that nothing new is begun on them, until they log in again.
    if (greeting_->lifetime_ms() > 0) retires_at_ms_ = now_ms_ + greeting_->lifetime_ms() * 8 / 10;
    listener_.on_ready(*this);
}

void KafkaConnection::log_in_again() {
    state_ = State::greeting;
    begun_at_ms_ = now_ms_;
    retires_at_ms_ = 0;
    greeting_ = KafkaGreeting::again(settings_);
    greet();
}

void KafkaConnection::send(std::unique_ptr<WireRequest> request, int64_t now_ms) {
    HW_CHECK(state_ == State::greeting || state_ == State::ready);
    now_ms_ = used_at_ms_ = now_ms;
    request->correlation = next_correlation_++;
    request->sent_ms = now_ms;
    request->deadline_ms = now_ms + settings_.socket_timeout_ms;
    for (size_t i = 0; i < 4; ++i)
        request->head[correlation_place + i] = static_cast<char>(request->correlation >> (24 - 8 * i));
    if (request->pieces.empty()) request->pieces.push_back({request->head.data(), request->head.size()});
    unanswered_.push_back(std::move(request));
    if (++unsent_ == 1) write_out();
}

void KafkaConnection::write_out() {
    while (unsent_ > 0) {
        auto written = write_some();
        if (!written) return;
        auto& pieces = unanswered_[unanswered_.size() - unsent_]->pieces;
        for (size_t left = *written; left > 0;) {
            iovec& piece = pieces[sent_pieces_];
            const size_t taken = std::min(left, piece.iov_len);
            piece.iov_base = static_cast<char*>(piece.iov_base) + taken;
            piece.iov_len -= taken;
            left -= taken;
            if (piece.iov_len == 0) ++sent_pieces_;
        }
        while (sent_pieces_ < pieces.size() && pieces[sent_pieces_].iov_len == 0) ++sent_pieces_;
        if (sent_pieces_ < pieces.size()) continue;
        sent_pieces_ = 0;
        --unsent_;
    }
    wants_write_ = false;
}

/// Writes some of the first request that is not sent whole; none when nothing more goes now, or the connection is down.
std::optional<size_t> KafkaConnection::write_some() {
    auto& pieces = unanswered_[unanswered_.size() - unsent_]->pieces;
    if (session_ != nullptr) {
        const iovec& piece = pieces[sent_pieces_];
        size_t written = 0;
        switch (session_->write(static_cast<const char*>(piece.iov_base), piece.iov_len, written)) {
            case kafka::TlsSession::Step::done: return written;
            case kafka::TlsSession::Step::wants_read: return std::nullopt;
            case kafka::TlsSession::Step::wants_write: wants_write_ = true; return std::nullopt;
            default: fail_softly(session_->reason()); return std::nullopt;
        }
    }
    msghdr message{};
    message.msg_iov = pieces.data() + sent_pieces_;
    message.msg_iovlen = std::min(pieces.size() - sent_pieces_, most_pieces);
    const ssize_t written = ::sendmsg(socket_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (written >= 0) return static_cast<size_t>(written);
    if (errno == EAGAIN || errno == EINTR)
        wants_write_ = true;
    else
        fail_softly(text_of_errno(errno));
    return std::nullopt;
}

pollfd KafkaConnection::interest() const {
    if (socket_ < 0) return {-1, 0, 0};
    if (state_ == State::connecting) return {socket_, POLLOUT, 0};
    return {socket_, static_cast<short>(POLLIN | (wants_write_ ? POLLOUT : 0)), 0};
}

void KafkaConnection::serve(short events, int64_t now_ms) {
    now_ms_ = now_ms;
    if (events == 0 || state_ == State::down) return;
    if (state_ == State::connecting) return finish_connecting();
    if (state_ == State::securing) return shake_hands();
    if ((events & POLLOUT) != 0 || session_ != nullptr) write_out();
    if (state_ != State::down && (events & (POLLIN | POLLERR | POLLHUP)) != 0) read_in();
}

void KafkaConnection::read_in() {
    while (true) {
        auto got = read_some(room_.get(), read_bytes);
        if (!got) return;
        in_.append(room_.get(), *got);
        take_frames();
        if (state_ == State::down || (session_ == nullptr && *got < read_bytes)) return;
    }
}

/// Reads what has come; none when there is nothing now, or the connection is down.
std::optional<size_t> KafkaConnection::read_some(char* room, size_t size) {
    if (session_ != nullptr) {
        size_t got = 0;
        switch (session_->read(room, size, got)) {
            case kafka::TlsSession::Step::done: return got;
            case kafka::TlsSession::Step::wants_read:
            case kafka::TlsSession::Step::wants_write: return std::nullopt;
            // A broker that does not accept our certificate says so only now (TLS 1.3).
            case kafka::TlsSession::Step::failed: drop({ErrorKind::invalid, session_->reason()}); return std::nullopt;
            default: fail_softly(session_->reason()); return std::nullopt;
        }
    }
    const ssize_t got = ::recv(socket_, room, size, MSG_DONTWAIT);
    if (got > 0) return static_cast<size_t>(got);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
    fail_softly(got == 0 ? "the broker ended the connection" : text_of_errno(errno));
    return std::nullopt;
}

void KafkaConnection::take_frames() {
    size_t at = 0;
    while (in_.size() - at >= 4) {
        size_t size = 0;
        for (size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<uint8_t>(in_[at + i]);
        if (size > most_answer_bytes || size < 4) return fail_softly("the broker's answer is not of Kafka");
        if (in_.size() - at - 4 < size) break;
        take_answer(std::string_view(in_).substr(at + 4, size));
        if (state_ == State::down) return;
        at += 4 + size;
    }
    in_.erase(0, at);
}

void KafkaConnection::take_answer(std::string_view frame) {
    int32_t correlation = 0;
    for (size_t i = 0; i < 4; ++i)
        correlation = static_cast<int32_t>(static_cast<uint32_t>(correlation) << 8 | static_cast<uint8_t>(frame[i]));
    if (unanswered_.size() == unsent_ || unanswered_.front()->correlation != correlation)
        return fail_softly("the broker answers what nobody asked");
    auto request = std::move(unanswered_.front());
    unanswered_.pop_front();
    used_at_ms_ = now_ms_;
    frame.remove_prefix(4);
    if (state_ == State::ready) {
        if (listener_.on_answer(*request, frame)) return;
        unanswered_.push_front(std::move(request));
        return fail_softly("the broker's answer is not of Kafka");
    }
    if (auto taken = greeting_->take(frame); !taken) return drop(taken.error());
    greet();
}

int64_t KafkaConnection::look_at_time(int64_t now_ms) {
    now_ms_ = now_ms;
    if (state_ == State::down) return INT64_MAX;
    int64_t next = unanswered_.empty() ? INT64_MAX : unanswered_.front()->deadline_ms;
    if (state_ != State::ready) next = std::min(next, begun_at_ms_ + settings_.connect_timeout_ms);
    if (now_ms >= next) {
        fail_softly(state_ == State::ready ? "no answer for socket.timeout.ms" : "no answer while connecting");
        return INT64_MAX;
    }
    if (!unanswered_.empty() || state_ != State::ready) return next;
    if (is_retiring()) {
        log_in_again();
        if (state_ != State::down) next = begun_at_ms_ + settings_.connect_timeout_ms;
    } else if (settings_.most_idle_ms > 0) {
        if (now_ms - used_at_ms_ >= settings_.most_idle_ms)
            fail_softly("nothing was sent for connections.max.idle.ms");
        else
            next = used_at_ms_ + settings_.most_idle_ms;
    }
    return next;
}

void KafkaConnection::drop(const Error& why) {
    state_ = State::down;
    session_.reset();
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    if (found_ != nullptr) ::freeaddrinfo(std::exchange(found_, nullptr));
    next_ = nullptr;
    greeting_.reset();
    wants_write_ = false;
    in_.clear();
    unsent_ = sent_pieces_ = 0;
    retires_at_ms_ = 0;
    backoff_ms_ = std::max({2 * backoff_ms_, settings_.reconnect_first_ms, 1});
    backoff_ms_ = std::min(backoff_ms_, std::max(settings_.reconnect_most_ms, 1));
    retry_at_ms_ = now_ms_ + backoff_ms_;
    const bool is_v6 = address_.host.find(':') != std::string::npos;
    const std::string place = (is_v6 ? "[" + address_.host + "]" : address_.host) + ":" + address_.port;
    listener_.on_lost(*this, std::exchange(unanswered_, {}), {why.kind, place + ": " + why.message});
}

}  // namespace headwater
