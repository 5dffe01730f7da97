#include "service/history.h"

#include <chrono>
#include <utility>

namespace headwater {

namespace {

constexpr auto longest_rest = std::chrono::minutes(1);

}  // namespace

History::History(std::function<bool()> forget_some)
    : forget_some_(std::move(forget_some)), thread_([this] { work(); }) {}

History::~History() {
    {
        std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void History::look() {
    {
        std::lock_guard lock(mutex_);
        is_asked_ = true;
    }
    changed_.notify_all();
}

void History::work() {
    std::unique_lock lock(mutex_);
    while (!is_over_) {
        changed_.wait_for(lock, longest_rest, [this] { return is_asked_ || is_over_; });
        if (is_over_) return;
        is_asked_ = false;
        lock.unlock();
        const bool has_more = forget_some_();
        lock.lock();
        is_asked_ = is_asked_ || has_more;
    }
}

}  // namespace headwater
