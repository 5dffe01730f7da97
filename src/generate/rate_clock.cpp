#include "generate/rate_clock.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/math_inline.h"
#include "base/random.h"
#include "base/time.h"
#include "generate/rate_curve.h"

namespace headwater {

namespace {

constexpr int64_t never = INT64_MAX;
constexpr int64_t block_rows = 64;
/// Rows from here on never come: places are doubles, and whole up to here.
constexpr int64_t most_rows = int64_t{1} << 53;

/// Spreads the rows of a block over its 64 units of integrated rate: 65 exponential spacings, scaled to fill it, so that
/// the rows lie as those of a Poisson process do that has 64 in the block (Devroye 1986, V.2.2). Spacings are added in
/// four lanes of 16, then lane after lane.
void spread_block(uint64_t key, int64_t block, double* amounts) {
    constexpr uint32_t lanes = 4, steps = block_rows / lanes;
    constexpr uint32_t drawn = block_rows + lanes;  // 65, rounded up to whole vectors
    const uint64_t base = base_of(key, static_cast<uint64_t>(block));
    double spacings[drawn];
    for (uint32_t j = 0; j < drawn; ++j) {
        const uint64_t word = draw(base, (uint64_t{j} + 1) * draw_step);
        const double unit = std::bit_cast<double>((word >> 12) | 0x3ff0000000000000ULL) - 1.0;  // as unit_of
        spacings[j] = 0.0 - math::log_inline(1.0 - unit);
    }
    double sums[lanes] = {};
    for (uint32_t step = 0; step < steps; ++step)
        for (uint32_t lane = 0; lane < lanes; ++lane)
            spacings[step * lanes + lane] = sums[lane] += spacings[step * lanes + lane];
    double offsets[lanes] = {};
    for (uint32_t lane = 1; lane < lanes; ++lane) offsets[lane] = offsets[lane - 1] + sums[lane - 1];
    const double scale = block_rows / (offsets[lanes - 1] + sums[lanes - 1] + spacings[block_rows]);
    const auto begin = static_cast<double>(block * block_rows);
    for (uint32_t step = 0; step < steps; ++step)
        for (uint32_t lane = 0; lane < lanes; ++lane) {
            const double within = (offsets[lane] + spacings[step * lanes + lane]) * scale;
            spacings[step * lanes + lane] = begin + (within < block_rows ? within : block_rows);
        }
    for (uint32_t lane = 0; lane < lanes; ++lane)
        for (uint32_t step = 0; step < steps; ++step) amounts[lane * steps + step] = spacings[step * lanes + lane];
}

/// Rows by blocks of 64, placed in a block at random or evenly, on any curve.
class BlockClock final : public RowClock {
  public:
    explicit BlockClock(const RateSpec& spec)
        : start_(spec.start), key_(spec.key), is_even_(spec.even), curve_(make_rate_curve(spec)) {}

    int64_t time_of(int64_t row) const override {
        int64_t time = never;
        times(row, 1, &time);
        return time;
    }

    int64_t rows_by(int64_t instant) const override {
        if (instant <= start_) return 0;
        const double expected =
            std::clamp(curve_->amount_by(std::min(instant, end_of_time)), 0.0, static_cast<double>(most_rows));
        int64_t block = std::min(static_cast<int64_t>(expected), most_rows - 1) / block_rows;
        int64_t rows = rows_of_block(block, instant);
        while (rows == 0 && block > 0) rows = rows_of_block(--block, instant);
        while (rows == block_rows && block + 1 < most_rows / block_rows) {
            const int64_t more = rows_of_block(block + 1, instant);
            if (more == 0) break;
            ++block;
            rows = more;
        }
        return block * block_rows + rows;
    }

    void times(int64_t first, uint32_t count, int64_t* times) const override {
        double amounts[block_rows];
        while (count > 0 && first < most_rows) {
            const int64_t block = first / block_rows;
            const auto skipped = static_cast<uint32_t>(first % block_rows);
            const uint32_t taken = std::min(count, static_cast<uint32_t>(block_rows) - skipped);
            place_block(block, amounts);
            curve_->instants(amounts + skipped, taken, times);
            first += taken;
            times += taken;
            count -= taken;
        }
        std::fill_n(times, count, never);
    }

  private:
    void place_block(int64_t block, double* amounts) const {
        if (!is_even_) return spread_block(key_, block, amounts);
        for (int64_t i = 0; i < block_rows; ++i) amounts[i] = static_cast<double>(block * block_rows + i);
    }

    /// Counts the rows of a block whose time is before `instant`.
    int64_t rows_of_block(int64_t block, int64_t instant) const {
        double amounts[block_rows];
        int64_t found[block_rows];
        place_block(block, amounts);
        curve_->instants(amounts, block_rows, found);
        int64_t rows = 0;
        for (const int64_t time : found) rows += time < instant ? 1 : 0;
        return rows;
    }

    int64_t start_;
    uint64_t key_;
    bool is_even_;
    std::unique_ptr<RateCurve> curve_;
};

/// A distance between rows as a whole number of microseconds over a whole number: us / parts.
struct Spacing {
    int64_t us = 0;
    int64_t parts = 0;
};

/// Finds the exact distance of a rate that is whole, or whole in thousandths or millionths, or the inverse of whole
/// microseconds; parts is 0 when there is none.
Spacing spacing_of(double rate) {
    constexpr double most = 1e12;
    const double interval = static_cast<double>(micros_per_second) / rate;
    if (interval >= 1 && interval <= most && std::floor(interval) == interval)
        return {static_cast<int64_t>(interval), 1};
    for (const int64_t factor : {1, 1'000, 1'000'000}) {
        const double parts = rate * static_cast<double>(factor);
        if (parts >= 1 && parts <= most && std::floor(parts) == parts)
            return {micros_per_second * factor, static_cast<int64_t>(parts)};
    }
    return {};
}

/// Equal distances, in whole numbers throughout.
class EvenClock final : public RowClock {
  public:
    EvenClock(int64_t start, Spacing spacing) : start_(start), spacing_(spacing) {}

    int64_t time_of(int64_t row) const override {
        const Wide time = start_ + static_cast<Wide>(row) * spacing_.us / spacing_.parts;
        return row < most_rows && time < never ? static_cast<int64_t>(time) : never;
    }

    int64_t rows_by(int64_t instant) const override {
        if (instant <= start_) return 0;
        const Wide passed = (static_cast<Wide>(instant) - start_) * spacing_.parts;
        return static_cast<int64_t>(std::min<Wide>((passed + spacing_.us - 1) / spacing_.us, most_rows));
    }

    void times(int64_t first, uint32_t count, int64_t* times) const override {
        for (; count > chunk_rows; first += chunk_rows, times += chunk_rows, count -= chunk_rows)
            chunk(first, chunk_rows, times);
        chunk(first, count, times);
    }

  private:
    using Wide = __int128;
    /// Numbers within a chunk stay below 2^52, where the floor of a quotient of doubles is that of the whole numbers.
    static constexpr uint32_t chunk_rows = 512;

    void chunk(int64_t first, uint32_t count, int64_t* times) const {
        if (count == 0) return;
        if (time_of(first + count) == never) {
            for (uint32_t i = 0; i < count; ++i) times[i] = time_of(first + i);
            return;
        }
        const int64_t begin = time_of(first);
        const auto rest = static_cast<int64_t>(static_cast<Wide>(first) * spacing_.us % spacing_.parts);
        const auto parts = static_cast<double>(spacing_.parts);
        const int64_t us = spacing_.us;
        for (uint32_t i = 0; i < count; ++i)
            times[i] = begin + math::whole_of(std::floor(math::real_of(rest + i * us) / parts));
    }

    int64_t start_;
    Spacing spacing_;
};

/// Equal distances up to an instant, another clock from there on.
class LedClock final : public RowClock {
  public:
    LedClock(const EvenClock& head, const RateSpec& spec)
        : head_(head), tail_(spec), at_(spec.switches.front().at), led_(head_.rows_by(at_)) {}

    int64_t time_of(int64_t row) const override {
        return row < led_ ? head_.time_of(row) : std::max(tail_.time_of(row), at_);
    }

    int64_t rows_by(int64_t instant) const override {
        return instant <= at_ ? head_.rows_by(instant) : std::max(tail_.rows_by(instant), led_);
    }

    void times(int64_t first, uint32_t count, int64_t* times) const override {
        const auto led = static_cast<uint32_t>(std::clamp<int64_t>(led_ - first, 0, count));
        head_.times(first, led, times);
        tail_.times(first + led, count - led, times + led);
        for (uint32_t i = led; i < count; ++i) times[i] = std::max(times[i], at_);
    }

  private:
    EvenClock head_;
    BlockClock tail_;
    int64_t at_;
    int64_t led_;  ///< rows before it
};

}  // namespace

std::shared_ptr<const RowClock> make_rate_clock(RateSpec spec) {
    if (!spec.rates && spec.even) {
        const Spacing spacing = spacing_of(usable_rate(spec.constant));
        if (spacing.parts > 0 && spec.switches.empty()) return std::make_shared<EvenClock>(spec.start, spacing);
        if (spacing.parts > 0) return std::make_shared<LedClock>(EvenClock(spec.start, spacing), spec);
    }
    return std::make_shared<BlockClock>(spec);
}

}  // namespace headwater
