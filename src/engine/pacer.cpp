// For deciding when the next window of simulated time may be generated: history, paced, live; a run waits only here.
#include "engine/pacer.h"

#include <algorithm>
#include <cmath>

namespace headwater {

namespace {

/// A run that fell behind by more than this does not catch up by a burst.
constexpr int64_t longest_burst_us = micros_per_second;
constexpr int64_t look_up_interval_us = 100'000;

}  // namespace

Pacer::Pacer(const PaceOptions& options, RealTime& time, const StopToken& stop)
    : options_(options), time_(time), stop_(stop), began_(time.elapsed()), rate_origin_(began_) {}

std::optional<DueWindow> Pacer::next(int64_t from, int64_t made, const Horizon& horizon) {
    if (options_.rate > 0 && !wait_for_rate(made)) return std::nullopt;
    int64_t wanted = options_.window_records;
    if (options_.rate > 0) {
        double per_tick = options_.rate * static_cast<double>(options_.tick_us) / micros_per_second;
        wanted = std::clamp<int64_t>(static_cast<int64_t>(per_tick), 1, options_.window_records);
    }
    int64_t to = std::max(std::min(horizon(from, wanted), options_.until), from);
    for (;;) {
        if (is_over()) return std::nullopt;
        if (!options_.live) return DueWindow{{from, to}, options_.rate > 0 || to == options_.until};
        int64_t now = present();
        if (!live_ && now < from + options_.tick_us) {
            go_live(std::max(now, from));
            continue;
        }
        // A window that was cut by its number of records is overdue as a whole; others last a tick.
        auto tick = static_cast<int64_t>(static_cast<double>(options_.tick_us) * options_.speed);
        if (!live_ || now >= std::min(to, from + tick)) {
            if (live_) lag_us_ = static_cast<int64_t>(static_cast<double>(now - std::min(to, now)) / options_.speed);
            return DueWindow{{from, std::min(to, now)}, live_ || options_.rate > 0 || now <= to};
        }
        double missing = static_cast<double>(std::min(to, from + tick) - now) / options_.speed;
        if (!wait(time_.elapsed() + static_cast<int64_t>(std::ceil(missing)))) return std::nullopt;
    }
}

bool Pacer::is_over() const { return stop_.requested() || (counts_time() && used_us() >= *options_.real_limit_us); }

/// Waits until elapsed() has reached `until`, or soon after the run is over; false when look_up ended the waiting.
bool Pacer::wait(int64_t until) {
    const int64_t before = time_.elapsed();
    if (counts_time()) until = std::min(until, began_ + held_us_ - held_before_us_ + *options_.real_limit_us);
    bool is_ended = false;
    if (!options_.look_up) time_.wait(until, stop_);
    while (options_.look_up && !is_ended && time_.elapsed() < until && !stop_.requested()) {
        time_.wait(std::min(until, time_.elapsed() + look_up_interval_us), stop_);
        is_ended = options_.look_up();
    }
    waited_us_ += time_.elapsed() - before;
    return !is_ended;
}

/// Waits until record number `made` is due; false when the run is over first or look_up ended the waiting.
bool Pacer::wait_for_rate(int64_t made) {
    for (;;) {
        if (is_over()) return false;
        const auto records = static_cast<double>(made - rate_base_);
        const int64_t due = rate_origin_ + static_cast<int64_t>(records / options_.rate * micros_per_second);
        const int64_t now = time_.elapsed();
        if (now >= due) {
            lag_us_ = now - due;
            if (lag_us_ > longest_burst_us) rate_origin_ += lag_us_ - longest_burst_us;
            return true;
        }
        if (!wait(due)) return false;
    }
}

void Pacer::set_rate(double rate, int64_t made) {
    options_.rate = rate;
    rate_origin_ = time_.elapsed();
    rate_base_ = made;
}

void Pacer::hold() {
    const int64_t before = time_.elapsed();
    while (!stop_.requested() && !options_.look_up()) time_.wait(time_.elapsed() + look_up_interval_us, stop_);
    const int64_t held = time_.elapsed() - before;
    held_us_ += held;
    rate_origin_ += held;
}

int64_t Pacer::present() const {
    if (!live_) return time_.now();
    return live_origin_ + static_cast<int64_t>(static_cast<double>(time_.elapsed() - began_) * options_.speed);
}

void Pacer::go_live(int64_t origin) {
    live_ = true;
    live_origin_ = origin;
    began_ = time_.elapsed();
    held_before_us_ = held_us_;
}

}  // namespace headwater
