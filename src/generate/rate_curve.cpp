#include "generate/rate_curve.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/math_inline.h"
#include "base/time.h"

namespace headwater {

namespace {

constexpr int64_t never = INT64_MAX;
constexpr double micros = static_cast<double>(micros_per_second);
constexpr double endless_us = static_cast<double>(end_of_time);

/// Adds a duration to an instant, or gives `never`.
int64_t later(int64_t instant, double duration_us) {
    if (!(duration_us < endless_us)) return never;
    int64_t sum = 0;
    const bool is_past = __builtin_add_overflow(instant, static_cast<int64_t>(duration_us), &sum) || sum >= end_of_time;
    return is_past ? never : sum;
}

class ConstantCurve final : public RateCurve {
  public:
    ConstantCurve(int64_t start, double rate) : start_(start), rate_(rate), interval_us_(micros / rate) {}

    void instants(const double* amounts, uint32_t count, int64_t* times) const override {
        if (rate_ == 0) return static_cast<void>(std::fill_n(times, count, never));
        if (count == 0) return;
        const bool is_near = amounts[count - 1] * interval_us_ < 0x1p51 && start_ < end_of_time / 2;
        if (is_near) {  // 71 years: the usual case, in operations that compilers vectorise
            for (uint32_t i = 0; i < count; ++i)
                times[i] = start_ + math::whole_of(std::floor(amounts[i] * interval_us_));
        } else {
            for (uint32_t i = 0; i < count; ++i) times[i] = later(start_, amounts[i] * interval_us_);
        }
    }

    double amount_by(int64_t instant) const override {
        return rate_ == 0 ? 0 : (static_cast<double>(instant) - static_cast<double>(start_)) / interval_us_;
    }

  private:
    int64_t start_;
    double rate_;
    double interval_us_;
};

/// The rates of consecutive slices and their integral from the first of them on.
struct Stretch {
    std::vector<double> rates;   ///< rows per microsecond
    std::vector<double> before;  ///< integral before each slice; one more for the end

    double total() const { return before.back(); }

    /// Finds the slice in which the integral reaches `amount`; the last one that adds to it when rounding went too far.
    size_t slice_of(double amount) const {
        const auto above = std::upper_bound(before.begin(), before.end(), std::max(amount, 0.0));
        auto slice = static_cast<size_t>(above - before.begin());
        slice = std::min(slice, rates.size()) - 1;
        while (slice > 0 && rates[slice] == 0) --slice;
        return slice;
    }
};

/// A stretch at its place in time. Ranges of amounts of neighbours meet without a gap.
struct Chapter {
    std::shared_ptr<const Stretch> stretch;
    int64_t first_slice = 0;
    double low = 0;   ///< integral from the origin to its begin
    double high = 0;  ///< and to its end
};

/// Gives the stretches of a rate that varies.
class Chapters {
  public:
    virtual ~Chapters() = default;
    /// Finds the chapter in which the integral from the origin reaches `amount`; one without stretch when none does.
    virtual Chapter reaching(double amount) const = 0;
    /// Finds the chapter that holds a slice >= 0, or the last one.
    virtual Chapter holding(int64_t slice) const = 0;
};

std::shared_ptr<const Stretch> integrate(const RateSpec& spec, int64_t first, uint32_t count) {
    auto stretch = std::make_shared<Stretch>();
    stretch->rates.resize(count);
    stretch->before.resize(size_t{count} + 1);
    spec.rates(first, count, stretch->rates.data());
    for (size_t i = 0; i < count; ++i) {
        stretch->rates[i] = usable_rate(stretch->rates[i]) / micros;
        stretch->before[i + 1] = stretch->before[i] + stretch->rates[i] * static_cast<double>(spec.slice_us);
    }
    return stretch;
}

/// A rate that repeats: one stretch, over and over.
class RepeatedChapters final : public Chapters {
  public:
    explicit RepeatedChapters(const RateSpec& spec)
        : period_(spec.period_slices),
          most_turns_(endless_us / 2 / (static_cast<double>(spec.period_slices) * static_cast<double>(spec.slice_us))),
          stretch_(integrate(spec, 0, static_cast<uint32_t>(spec.period_slices))) {}

    Chapter reaching(double amount) const override {
        const double total = stretch_->total();
        double turn = total > 0 ? std::floor(amount / total) : most_turns_;
        if (!(turn < most_turns_)) return {};
        if (turn * total > amount) turn -= 1;
        if ((turn + 1) * total <= amount) turn += 1;
        return turn_at(turn);
    }

    Chapter holding(int64_t slice) const override {
        return turn_at(std::min(static_cast<double>(slice / period_), std::ceil(most_turns_) - 1));
    }

  private:
    Chapter turn_at(double turn) const {
        const double total = stretch_->total();
        return {stretch_, static_cast<int64_t>(turn) * period_, turn * total, (turn + 1) * total};
    }

    int64_t period_;
    double most_turns_;
    std::shared_ptr<const Stretch> stretch_;
};

/// A rate that does not repeat. Keeps one sum for each 1,024 slices (84 kB for 20 years of minutes) and the 16 stretches
/// used last at their places (260 kB); a lock guards both.
class GrowingChapters final : public Chapters {
  public:
    explicit GrowingChapters(const RateSpec& spec)
        : spec_(spec), most_chapters_(most_grown_us / spec.slice_us / size + 1) {}

    Chapter reaching(double amount) const override {
        const std::lock_guard lock(mutex_);
        while (sums_.back() <= amount && grown() < most_chapters_) grow();
        if (sums_.back() <= amount) return {};
        return at(std::upper_bound(sums_.begin(), sums_.end(), amount) - sums_.begin() - 1);
    }

    Chapter holding(int64_t slice) const override {
        const std::lock_guard lock(mutex_);
        const int64_t index = std::min(slice / size, most_chapters_ - 1);
        while (grown() <= index) grow();
        return at(index);
    }

  private:
    static constexpr int64_t size = 1024;

    struct Kept {
        int64_t index = -1;
        std::shared_ptr<const Stretch> stretch;
    };

    int64_t grown() const { return static_cast<int64_t>(sums_.size()) - 1; }
    void grow() const { sums_.push_back(sums_.back() + stretch(grown())->total()); }

    Chapter at(int64_t index) const {
        const auto place = static_cast<size_t>(index);
        return {stretch(index), index * size, sums_[place], sums_[place + 1]};
    }

    std::shared_ptr<const Stretch> stretch(int64_t index) const {
        Kept& kept = kept_[static_cast<size_t>(index) % std::size(kept_)];
        if (kept.index != index) kept = {index, integrate(spec_, index * size, size)};
        return kept.stretch;
    }

    RateSpec spec_;
    int64_t most_chapters_;
    mutable std::mutex mutex_;
    mutable std::vector<double> sums_{0.0};
    mutable Kept kept_[16];
};

class SlicedCurve final : public RateCurve {
  public:
    SlicedCurve(const RateSpec& spec, std::unique_ptr<Chapters> chapters)
        : start_(spec.start), origin_(spec.origin), slice_us_(spec.slice_us), chapters_(std::move(chapters)) {
        at_start_ = from_origin(start_);
    }

    void instants(const double* amounts, uint32_t count, int64_t* times) const override {
        Place place;
        for (uint32_t i = 0; i < count; ++i) {
            const double amount = amounts[i] + at_start_;
            if (!(amount >= place.chapter.low && amount < place.chapter.high)) {
                place = {};
                place.chapter = chapters_->reaching(amount);
                if (place.chapter.stretch == nullptr)
                    return static_cast<void>(std::fill_n(times + i, count - i, never));
            }
            const double within = amount - place.chapter.low;
            if (!(within >= place.low && within < place.high)) enter_slice(place, within);
            const auto into = static_cast<int64_t>(std::max(within - place.low, 0.0) * place.interval_us);
            times[i] = std::max(place.begin + std::min(into, slice_us_), start_);
        }
    }

    double amount_by(int64_t instant) const override { return from_origin(instant) - at_start_; }

  private:
    /// A slice, as instants passes through it.
    struct Place {
        Chapter chapter;
        double low = 0, high = 0;  ///< integral from the begin of the chapter to the begin and end of the slice
        double interval_us = 0;
        int64_t begin = 0;
    };

    void enter_slice(Place& place, double within) const {
        const Stretch& stretch = *place.chapter.stretch;
        const size_t slice = stretch.slice_of(within);
        place.low = stretch.before[slice];
        place.high = stretch.before[slice + 1];
        place.interval_us = 1 / stretch.rates[slice];
        place.begin = origin_ + (place.chapter.first_slice + static_cast<int64_t>(slice)) * slice_us_;
    }

    double from_origin(int64_t instant) const {
        const int64_t slices = (instant - origin_) / slice_us_;
        const Chapter chapter = chapters_->holding(slices);
        const auto slice = static_cast<size_t>(slices - chapter.first_slice);
        if (slice >= chapter.stretch->rates.size()) return chapter.high;
        const auto into = static_cast<double>((instant - origin_) % slice_us_);
        return chapter.low + chapter.stretch->before[slice] + chapter.stretch->rates[slice] * into;
    }

    int64_t start_;
    int64_t origin_;
    int64_t slice_us_;
    std::unique_ptr<Chapters> chapters_;
    double at_start_ = 0;
};

/// One curve after the other. Before the first switch amounts and instants are those of the first curve, bit by bit.
class SwitchedCurve final : public RateCurve {
  public:
    explicit SwitchedCurve(const RateSpec& spec) {
        RateSpec first = spec;
        first.switches.clear();
        pieces_.push_back({INT64_MIN, 0, 0, make_rate_curve(first)});
        std::map<const RateSpec*, std::shared_ptr<const RateCurve>> curves;
        for (const RateSwitch& change : spec.switches) {
            auto& curve = curves[change.to.get()];
            if (!curve) curve = make_rate_curve(*change.to);
            pieces_.push_back({change.at, amount_by(change.at), curve->amount_by(change.at), curve});
        }
    }

    void instants(const double* amounts, uint32_t count, int64_t* times) const override {
        constexpr uint32_t most = 64;
        double own[most];
        while (count > 0) {
            const size_t place = place_of(*amounts, &Piece::low);
            const Piece& piece = pieces_[place];
            const bool is_last = place + 1 == pieces_.size();
            uint32_t taken = 0;
            while (taken < std::min(count, most) && (is_last || amounts[taken] < pieces_[place + 1].low)) {
                own[taken] = amounts[taken] - piece.low + piece.own_low;
                ++taken;
            }
            piece.curve->instants(own, taken, times);
            const int64_t until = is_last ? never : pieces_[place + 1].from - 1;
            for (uint32_t i = 0; i < taken; ++i) times[i] = std::max(std::min(times[i], until), piece.from);
            amounts += taken;
            times += taken;
            count -= taken;
        }
    }

    double amount_by(int64_t instant) const override {
        const Piece& piece = pieces_[place_of(instant, &Piece::from)];
        return piece.low + (piece.curve->amount_by(instant) - piece.own_low);
    }

  private:
    struct Piece {
        int64_t from;
        double low;      ///< integral of the whole to its begin
        double own_low;  ///< integral of its curve to there
        std::shared_ptr<const RateCurve> curve;
    };

    /// Finds the last piece that begins at or before a place; of those that add nothing the last, too.
    template <typename T>
    size_t place_of(T value, T Piece::* begin) const {
        const auto above = std::ranges::upper_bound(pieces_, value, {}, begin);
        return static_cast<size_t>(std::max<ptrdiff_t>(above - pieces_.begin(), 1)) - 1;
    }

    std::vector<Piece> pieces_;
};

}  // namespace

std::unique_ptr<RateCurve> make_rate_curve(const RateSpec& spec) {
    if (!spec.switches.empty()) return std::make_unique<SwitchedCurve>(spec);
    if (!spec.rates) return std::make_unique<ConstantCurve>(spec.start, usable_rate(spec.constant));
    HW_CHECK(spec.origin <= spec.start && spec.slice_us > 0 && spec.period_slices >= 0 &&
             spec.period_slices <= INT32_MAX);
    if (spec.period_slices > 0) return std::make_unique<SlicedCurve>(spec, std::make_unique<RepeatedChapters>(spec));
    return std::make_unique<SlicedCurve>(spec, std::make_unique<GrowingChapters>(spec));
}

}  // namespace headwater
