#include "service/wire.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <cstring>

namespace headwater {

namespace {

namespace net = boost::asio;
using Tcp = net::ip::tcp;
constexpr size_t read_bytes = 4096;

}  // namespace

Wire::Wire(Tcp::socket socket, const TlsIdentity* identity) : socket_(std::move(socket)) {
    if (identity == nullptr) return;
    session_ = identity->accept();
    sealed_.resize(read_bytes);
}

void Wire::read(net::mutable_buffer into, Done done) {
    if (!session_) return socket_.async_read_some(into, std::move(done));
    if (!plain_.empty()) return hand_over(into, std::move(done));
    socket_.async_read_some(net::buffer(sealed_), [self = shared_from_this(), into, done = std::move(done)](
                                                      Failure failure, size_t size) mutable {
        if (failure) return done(failure, 0);
        self->unseal(into, std::move(done), size);
    });
}

void Wire::unseal(net::mutable_buffer into, Done done, size_t size) {
    const bool is_sound = session_->take({sealed_.data(), size}, plain_);
    if (std::string bytes = session_->outgoing(); !bytes.empty()) send(std::move(bytes), [](Failure, size_t) {});
    if (!plain_.empty()) return hand_over(into, std::move(done));
    if (!is_sound || session_->is_ended()) return done(net::error::eof, 0);
    read(into, std::move(done));
}

void Wire::write(std::string text, Done done) {
    if (!session_) return send(std::move(text), std::move(done));
    const bool is_sealed = session_->seal(text);
    std::string bytes = session_->outgoing();
    if (!is_sealed) return done(net::error::not_connected, 0);
    send(std::move(bytes), std::move(done));
}

void Wire::finish() {
    Failure ignored;
    if (!session_) {
        socket_.shutdown(Tcp::socket::shutdown_send, ignored);
        return;
    }
    session_->close();
    send(session_->outgoing(), [self = shared_from_this()](Failure, size_t) {
        Failure unheard;
        self->socket_.shutdown(Tcp::socket::shutdown_send, unheard);
    });
}

void Wire::interrupt() {
    Failure ignored;
    socket_.cancel(ignored);
}

void Wire::close() {
    Failure ignored;
    socket_.close(ignored);
}

void Wire::hand_over(net::mutable_buffer into, Done done) {
    const size_t size = std::min(into.size(), plain_.size());
    std::memcpy(into.data(), plain_.data(), size);
    plain_.erase(0, size);
    net::post(socket_.get_executor(), [done = std::move(done), size] { done({}, size); });
}

void Wire::send(std::string bytes, Done done) {
    outgoing_.emplace_back(std::move(bytes), std::move(done));
    if (outgoing_.size() == 1) send_next();
}

void Wire::send_next() {
    net::async_write(socket_, net::buffer(outgoing_.front().first),
                     [self = shared_from_this()](Failure failure, size_t size) {
                         const Done done = std::move(self->outgoing_.front().second);
                         self->outgoing_.pop_front();
                         if (!self->outgoing_.empty()) self->send_next();
                         done(failure, size);
                     });
}

}  // namespace headwater
