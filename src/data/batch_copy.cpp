// For keeping batches beyond the call that showed them: until a lane that needs columns takes its turn.
#include "data/batch_copy.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/check.h"

namespace headwater {

namespace {

constexpr size_t block_bytes = 256 << 10;
constexpr size_t alignment = 64;
constexpr size_t read_past_end = 64;

/// Gives the bytes of one value; 0 where a column has no values of its own.
size_t width_of(Storage storage) {
    switch (storage) {
        case Storage::u8:
        case Storage::index8: return 1;
        case Storage::i32:
        case Storage::index32: return 4;
        case Storage::i64:
        case Storage::f64:
        case Storage::hex64: return 8;
        case Storage::uuid:
        case Storage::text: return 16;
        case Storage::literal:
        case Storage::cut:
        case Storage::record:
        case Storage::list:
        case Storage::map: return 0;
    }
    HW_CHECK(!"every storage has a width");
}

/// Memory in blocks that are kept and used again.
class Arena {
  public:
    char* take(size_t size) {
        size = (size + read_past_end + alignment - 1) / alignment * alignment;
        taken_ += size;
        while (block_ < blocks_.size() && used_ + size > blocks_[block_].size) next_block();
        if (block_ == blocks_.size()) add_block(std::max(size, block_bytes));
        char* place = blocks_[block_].data.get() + used_;
        used_ += size;
        return place;
    }
    template <typename T>
    T* copy(const T* from, size_t count) {
        char* place = take(count * sizeof(T));
        if (count > 0) std::memcpy(place, from, count * sizeof(T));
        return reinterpret_cast<T*>(place);
    }
    size_t taken() const { return taken_; }
    void clear() { block_ = used_ = taken_ = 0; }

  private:
    struct Free {
        void operator()(char* data) const { ::operator delete[](data, std::align_val_t{alignment}); }
    };
    struct Block {
        std::unique_ptr<char[], Free> data;
        size_t size;
    };
    void next_block() {
        ++block_;
        used_ = 0;
    }
    void add_block(size_t size) {
        auto* data = static_cast<char*>(::operator new[](size, std::align_val_t{alignment}));
        blocks_.push_back({std::unique_ptr<char[], Free>(data), size});
        used_ = 0;
    }

    std::vector<Block> blocks_;
    size_t block_ = 0;
    size_t used_ = 0;
    size_t taken_ = 0;
};

const void* copy_texts(Arena& arena, const Slot& slot) {
    const auto* views = static_cast<const TextView*>(slot.values);
    auto is_null = [&](uint32_t row) { return slot.null != nullptr && slot.null[row] != 0; };
    size_t total = 0;
    for (uint32_t row = 0; row < slot.rows; ++row)
        if (!is_null(row)) total += views[row].size;
    auto* copies = reinterpret_cast<TextView*>(arena.take(slot.rows * sizeof(TextView)));
    char* end = arena.take(total);
    for (uint32_t row = 0; row < slot.rows; ++row) {
        copies[row] = is_null(row) ? TextView{} : TextView{end, views[row].size, views[row].reserved};
        if (copies[row].size == 0) continue;
        std::memcpy(end, views[row].data, copies[row].size);
        end += copies[row].size;
    }
    return copies;
}

/// True when rows of lists belong to the fields, which are copied whole.
bool has_lists(const std::vector<Field>& fields) {
    return std::ranges::any_of(fields, [](const Field& field) {
        return field.storage == Storage::list || field.storage == Storage::map || has_lists(field.children);
    });
}

/// Copies only some rows of a column, in their order.
void pick_slot(Arena& arena, const Field& field, const Slot& from, const uint32_t* rows, uint32_t count, Slot& to) {
    to.rows = count;
    if (from.null != nullptr) {
        char* null = arena.take(count);
        for (uint32_t i = 0; i < count; ++i) null[i] = static_cast<char>(from.null[rows[i]]);
        to.null = reinterpret_cast<const uint8_t*>(null);
    }
    const size_t width = width_of(field.storage);
    if (from.values == nullptr || width == 0) return;
    char* values = arena.take(count * width);
    for (uint32_t i = 0; i < count; ++i)
        std::memcpy(values + i * width, static_cast<const char*>(from.values) + rows[i] * width, width);
    to.values = values;
    if (field.storage != Storage::text) return;
    Slot picked = to;
    to.values = copy_texts(arena, picked);
}

void pick_fields(Arena& arena, const std::vector<Field>& fields, const Batch& from, Batch& to) {
    for (const Field& field : fields) {
        if (field.slot >= 0) {
            auto slot = static_cast<size_t>(field.slot);
            pick_slot(arena, field, from.slots[slot], from.order, from.rows, to.slots[slot]);
        }
        pick_fields(arena, field.children, from, to);
    }
}

void copy_slot(Arena& arena, const Field& field, const Slot& from, Slot& to) {
    to.rows = from.rows;
    if (from.null != nullptr) to.null = arena.copy(from.null, from.rows);
    if (from.offsets != nullptr) to.offsets = arena.copy(from.offsets, from.rows + size_t{1});
    if (from.values == nullptr) return;
    if (field.storage == Storage::text) {
        to.values = copy_texts(arena, from);
        return;
    }
    size_t width = width_of(field.storage);
    if (width > 0) to.values = arena.copy(static_cast<const char*>(from.values), from.rows * width);
}

void copy_fields(Arena& arena, const std::vector<Field>& fields, const Batch& from, Batch& to) {
    for (const Field& field : fields) {
        if (field.slot >= 0) {
            auto slot = static_cast<size_t>(field.slot);
            copy_slot(arena, field, from.slots[slot], to.slots[slot]);
        }
        copy_fields(arena, field.children, from, to);
    }
}

}  // namespace

struct BatchCopies::State {
    Arena arena;
    std::vector<std::unique_ptr<Batch>> batches;  ///< kept beyond clear; the first `used` are copies
    size_t used = 0;

    /// Copies the rows that are in the order, as rows 0, 1, 2, ... without labels.
    void pick(const Batch& batch, Batch& copy) {
        pick_fields(arena, batch.schema->fields, batch, copy);
        auto* numbers = reinterpret_cast<int64_t*>(arena.take(batch.rows * sizeof(int64_t)));
        for (uint32_t i = 0; i < batch.rows; ++i)
            numbers[i] =
                batch.row_numbers != nullptr ? batch.row_numbers[batch.order[i]] : batch.first_row + batch.order[i];
        auto chosen = [&](const int64_t* from) -> const int64_t* {
            if (from == nullptr) return nullptr;
            auto* to = reinterpret_cast<int64_t*>(arena.take(batch.rows * sizeof(int64_t)));
            for (uint32_t i = 0; i < batch.rows; ++i) to[i] = from[batch.order[i]];
            return to;
        };
        copy.order = nullptr;
        copy.row_numbers = numbers;
        copy.first_row = batch.rows == 0 ? batch.first_row : numbers[0];
        copy.entities = chosen(batch.entities);
        copy.times = chosen(batch.times);
        copy.labels.clear();
        copy.label_names = batch.label_names;
    }
};

BatchCopies::BatchCopies() : state_(std::make_unique<State>()) {}
BatchCopies::~BatchCopies() = default;
BatchCopies::BatchCopies(BatchCopies&&) noexcept = default;
BatchCopies& BatchCopies::operator=(BatchCopies&&) noexcept = default;

void BatchCopies::append(const Batch& batch) {
    State& state = *state_;
    if (state.used == state.batches.size()) state.batches.push_back(std::make_unique<Batch>());
    Batch& copy = *state.batches[state.used++];
    copy.schema = batch.schema;
    copy.rows = batch.rows;
    copy.first_row = batch.first_row;
    copy.slots.assign(batch.slots.size(), Slot{});
    const uint32_t rows = rows_in_memory(batch);
    // A few rows of many are copied alone.
    if (batch.order != nullptr && batch.rows < rows / 2 && !has_lists(batch.schema->fields)) {
        state.pick(batch, copy);
        return;
    }
    copy_fields(state.arena, batch.schema->fields, batch, copy);
    auto keep = [&](const auto* from, size_t count) {
        return from == nullptr ? nullptr : state.arena.copy(from, count);
    };
    copy.order = keep(batch.order, batch.rows);
    copy.row_numbers = keep(batch.row_numbers, rows);
    copy.entities = keep(batch.entities, rows);
    copy.times = keep(batch.times, rows);
    copy.labels.assign(batch.labels.begin(), batch.labels.end());
    copy.label_names = batch.label_names;
}

size_t BatchCopies::size() const { return state_->used; }

Batch& BatchCopies::at(size_t i) {
    HW_CHECK(i < state_->used);
    return *state_->batches[i];
}

const Batch& BatchCopies::at(size_t i) const {
    HW_CHECK(i < state_->used);
    return *state_->batches[i];
}

size_t BatchCopies::drop_front(size_t i, size_t rows) {
    Batch& batch = at(i);
    const auto dropped = static_cast<uint32_t>(std::min<size_t>(rows, batch.rows));
    batch.rows -= dropped;
    if (batch.order == nullptr) {
        auto* order = reinterpret_cast<uint32_t*>(state_->arena.take(batch.rows * sizeof(uint32_t)));
        std::iota(order, order + batch.rows, dropped);
        batch.order = order;
    } else {
        batch.order += dropped;
    }
    return dropped;
}

size_t BatchCopies::bytes() const { return state_->arena.taken(); }

void BatchCopies::clear() {
    state_->used = 0;
    state_->arena.clear();
}

}  // namespace headwater
