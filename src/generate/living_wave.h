// For a wave: some entities of one kind, each of another cell, to which the same happens at instants of their own.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace headwater {

/// Columns of at most `most` rows.
struct LivingWave {
    static constexpr uint32_t most = 256;

    int kind = 0;
    uint32_t size = 0;
    alignas(64) std::array<uint32_t, most> rows;  ///< in the columns of the kind
    alignas(64) std::array<uint32_t, most> cells;
    alignas(64) std::array<int64_t, most> times;
    alignas(64) std::array<uint64_t, most> bases;   ///< of the draws of this event
    alignas(64) std::array<int64_t, most> indexes;  ///< of the repetition, from 1; else 0

    void add(uint32_t row, uint32_t cell, int64_t time, uint64_t base = 0, int64_t index = 0) {
        rows[size] = row;
        cells[size] = cell;
        times[size] = time;
        bases[size] = base;
        indexes[size] = index;
        ++size;
    }
    /// Adds row `i` of another wave, or of this one where it is not below the size.
    void add(const LivingWave& from, uint32_t i) {
        add(from.rows[i], from.cells[i], from.times[i], from.bases[i], from.indexes[i]);
    }
    /// Adds the rows of a wave for which `is_wanted(i)` holds; this one has room for all of them. Has no branch to guess.
    template <typename IsWanted>
    void add_where(const LivingWave& from, IsWanted is_wanted) {
        add_where(from, from.size, is_wanted);
    }
    template <typename IsWanted>
    void add_where(const LivingWave& from, uint32_t count, IsWanted is_wanted) {
        uint32_t end = size;
        for (uint32_t i = 0; i < count; ++i) {
            const bool wanted = is_wanted(i);
            rows[end] = from.rows[i];
            cells[end] = from.cells[i];
            times[end] = from.times[i];
            bases[end] = from.bases[i];
            indexes[end] = from.indexes[i];
            end += wanted ? 1 : 0;
        }
        size = end;
    }
    /// Leaves only the rows for which `is_wanted(i)` holds.
    template <typename IsWanted>
    void keep_where(IsWanted is_wanted) {
        const uint32_t had = size;
        size = 0;
        add_where(*this, had, is_wanted);
    }
    /// Becomes the rows of another wave.
    void copy(const LivingWave& from) {
        size = from.size;
        std::copy_n(from.rows.begin(), size, rows.begin());
        std::copy_n(from.cells.begin(), size, cells.begin());
        std::copy_n(from.times.begin(), size, times.begin());
        std::copy_n(from.bases.begin(), size, bases.begin());
        std::copy_n(from.indexes.begin(), size, indexes.begin());
    }
};

/// Lends waves, last lent first given back; memory is kept.
class LivingWavePool {
  public:
    class Loan {
      public:
        Loan(LivingWavePool& pool, int kind) : pool_(pool) {
            if (pool.lent_ == pool.waves_.size()) pool.waves_.push_back(std::make_unique<LivingWave>());
            wave_ = pool.waves_[pool.lent_++].get();
            wave_->kind = kind;
            wave_->size = 0;
        }
        ~Loan() { --pool_.lent_; }
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;

        LivingWave& operator*() const { return *wave_; }
        LivingWave* operator->() const { return wave_; }

      private:
        LivingWavePool& pool_;
        LivingWave* wave_;
    };

    Loan lend(int kind) { return {*this, kind}; }

  private:
    std::vector<std::unique_ptr<LivingWave>> waves_;
    size_t lent_ = 0;
};

}  // namespace headwater
