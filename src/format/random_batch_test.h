// For tests of formats: random schemas with every type and storage, and batches of random values for them.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "data/batch.h"

namespace headwater {

/// Owns a random schema and the memory of one random batch. Equal seeds give equal batches.
class RandomBatch {
  public:
    struct Limits {
        uint32_t rows = 64;
        bool nested = true;  ///< lists, maps and nullable records too
    };

    RandomBatch(uint64_t seed, Limits limits) : seed_(seed), limits_(limits) {
        auto schema = std::make_shared<Schema>();
        schema->stream = "shop.\"orders\"";
        batch.rows = limits.rows;
        const uint32_t count = 1 + pick(14);
        for (uint32_t i = 0; i < count; ++i)
            schema->fields.push_back(field("field_" + std::to_string(i), limits.rows, limits.nested ? 3 : 0));
        schema->slot_count = static_cast<int>(batch.slots.size());
        batch.schema = schema;
        batch.first_row = static_cast<int64_t>(word() >> 20);
        auto& times = column<int64_t>(limits.rows);
        for (auto& time : times) time = number(50);
        batch.times = times.data();
        if (pick(3) == 0) {
            auto& order = column<uint32_t>(limits.rows);
            for (uint32_t i = 0; i < limits.rows; ++i) order[i] = i;
            for (uint32_t i = limits.rows; i > 1; --i) std::swap(order[i - 1], order[pick(i)]);
            batch.order = order.data();
        }
        if (pick(3) == 0) {
            auto& entities = column<int64_t>(limits.rows);
            for (auto& entity : entities) entity = number(40);
            batch.entities = entities.data();
            auto& ordinals = column<int64_t>(limits.rows);
            for (auto& ordinal : ordinals) ordinal = number(20);
            batch.row_numbers = ordinals.data();
        }
    }

    Batch batch;

    uint64_t word() { return mix(seed_ += draw_step); }
    uint32_t pick(uint32_t end) { return static_cast<uint32_t>(below(word(), end)); }

  private:
    /// Holds one block of memory of any type until the batch dies.
    template <typename T>
    std::vector<T>& column(uint32_t rows) {
        auto owner = std::make_shared<std::vector<T>>(rows + 64 / sizeof(T) + 1);
        memory_.push_back(owner);
        return *owner;
    }

    int64_t number(uint32_t bits) { return static_cast<int64_t>(word()) >> (64 - bits); }

    int add_slot(const void* values, uint32_t rows, bool nullable, const uint32_t* offsets = nullptr) {
        Slot slot{values, nullptr, offsets, rows};
        if (nullable && pick(4) > 0) {
            auto& null = column<uint8_t>(rows);
            for (auto& n : null) n = pick(3) == 0;
            slot.null = null.data();
        }
        batch.slots.push_back(slot);
        return static_cast<int>(batch.slots.size()) - 1;
    }

    std::string text(bool plain) {
        static const std::vector<std::string> odd = {"\"",   "\\", "\n",   ",", "\r", "\t", std::string(1, '\0'),
                                                     "\x1f", "ü",  "東京", ";", " "};
        std::string out;
        const uint32_t size = pick(5) == 0 ? 30 + pick(80) : pick(20);
        while (out.size() < size)
            out += !plain && pick(8) == 0 ? odd[pick(static_cast<uint32_t>(odd.size()))]
                                          : std::string(1, static_cast<char>('a' + pick(26)));
        if (plain && !out.empty() && pick(5) == 0)
            out[pick(static_cast<uint32_t>(out.size()))] = pick(2) == 0 ? ',' : ' ';
        return out;
    }

    template <typename T>
    int integers(uint32_t rows, int64_t low, int64_t high, bool nullable) {
        auto& values = column<T>(rows);
        const uint64_t range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
        for (auto& value : values)
            value =
                static_cast<T>(static_cast<uint64_t>(low) + (below(word(), range) >> (pick(3) == 0 ? pick(40) : 0)));
        return add_slot(values.data(), rows, nullable);
    }

    void integer_field(Field& f, uint32_t rows) {
        static constexpr int64_t highs[] = {1, 9, 500, 65536, 9'999'999, 99'999'999, 100'000'000, INT32_MAX};
        f.storage = pick(3) == 0 ? Storage::i64 : Storage::i32;
        const int64_t high = highs[pick(8)];
        const int64_t low = pick(2) == 0 ? pick(2) : -static_cast<int64_t>(below(word(), static_cast<uint64_t>(high)));
        const bool wild = f.storage == Storage::i64 && pick(4) == 0;
        f.slot = wild                        ? integers<int64_t>(rows, INT64_MIN, INT64_MAX, f.nullable)
                 : f.storage == Storage::i64 ? integers<int64_t>(rows, low, high, f.nullable)
                                             : integers<int32_t>(rows, low, high, f.nullable);
        // Bounds that are sometimes wrong: a fault may put any value into a column.
        if (!wild && pick(3) > 0) f.low = low, f.high = pick(10) == 0 ? high / 2 : high;
    }

    void dictionary_field(Field& f, uint32_t rows) {
        auto words = std::make_shared<Dictionary>();
        const uint32_t count = pick(8) == 0 ? 300 : 1 + pick(20);
        for (uint32_t i = 0; i < count; ++i)
            words->values.push_back(pick(3) == 0 ? text(false) : text(true).substr(0, 8));
        f.dictionary = words;
        f.storage = count <= 256 && pick(2) == 0 ? Storage::index8 : Storage::index32;
        f.slot = f.storage == Storage::index8 ? integers<uint8_t>(rows, 0, count - 1, f.nullable)
                                              : integers<int32_t>(rows, 0, count - 1, f.nullable);
    }

    void text_field(Field& f, uint32_t rows) {
        f.storage = Storage::text;
        f.plain = pick(2) == 0;
        auto& views = column<TextView>(rows);
        for (auto& view : views) {
            texts_.push_back(text(f.plain));
            view = {texts_.back().data(), static_cast<uint32_t>(texts_.back().size())};
        }
        f.slot = add_slot(views.data(), rows, f.nullable);
    }

    template <typename T>
    void words_field(Field& f, Storage storage, uint32_t rows, uint32_t words_per_row) {
        auto& values = column<T>(rows * words_per_row);
        for (auto& value : values) value = static_cast<T>(word());
        f.storage = storage;
        f.slot = add_slot(values.data(), rows, f.nullable);
    }

    void real_field(Field& f, uint32_t rows) {
        auto& values = column<double>(rows);
        for (auto& value : values)
            value = pick(20) == 0 ? 1.0 / 0.0 : unit_of(word()) * (pick(2) == 0 ? 1000 : 1e-7) - 1;
        f.storage = Storage::f64;
        f.slot = add_slot(values.data(), rows, f.nullable);
    }

    void time_field(Field& f, uint32_t rows) {
        auto& values = column<int64_t>(rows);
        int64_t time = number(58);
        const uint32_t step = pick(40);
        for (auto& value : values) value = time += static_cast<int64_t>(word() >> (24 + step));
        f.storage = Storage::i64;
        f.type.form = static_cast<InstantForm>(pick(4));
        f.type.unit = static_cast<TimeUnit>(pick(3));
        f.slot = add_slot(values.data(), rows, f.nullable);
    }

    void nested_field(Field& f, uint32_t rows, int depth) {
        f.type.kind = static_cast<Kind>(static_cast<int>(Kind::list) + pick(3));
        if (f.type.kind == Kind::record) {
            f.storage = Storage::record;
            if (f.nullable) f.slot = add_slot(nullptr, rows, true);
            for (uint32_t i = 0; i < 1 + pick(3); ++i)
                f.children.push_back(field("inner_" + std::to_string(i), rows, depth - 1));
            return;
        }
        auto& offsets = column<uint32_t>(rows + 1);
        for (uint32_t i = 0; i < rows; ++i) offsets[i + 1] = offsets[i] + pick(4);
        f.slot = add_slot(nullptr, rows, f.nullable, offsets.data());
        if (f.type.kind == Kind::map) {
            Field key;
            key.type.kind = Kind::text;
            text_field(key, offsets[rows]);
            f.children.push_back(key);
        }
        f.storage = f.type.kind == Kind::map ? Storage::map : Storage::list;
        f.children.push_back(field("item", offsets[rows], depth - 1));
    }

    Field field(std::string name, uint32_t rows, int depth) {
        Field f;
        f.name = std::move(name);
        f.nullable = pick(3) == 0;
        switch (pick(depth > 0 ? 16 : 14)) {
            case 0:
                f.type.kind = Kind::boolean;
                f.storage = Storage::u8;
                f.slot = integers<uint8_t>(rows, 0, 1, f.nullable);
                break;
            case 1:
            case 2:
                f.type.kind = Kind::integer;
                integer_field(f, rows);
                break;
            case 3:
            case 4:
                f.type.kind = Kind::decimal;
                f.type.scale = static_cast<uint8_t>(pick(7));
                integer_field(f, rows);
                break;
            case 5:
                f.type.kind = Kind::real;
                real_field(f, rows);
                break;
            case 6:
                f.type.kind = Kind::text;
                text_field(f, rows);
                break;
            case 7:
                f.type.kind = Kind::uuid;
                words_field<uint64_t>(f, Storage::uuid, rows, 2);
                break;
            case 8:
                f.type.kind = Kind::text;
                words_field<uint64_t>(f, Storage::hex64, rows, 1);
                break;
            case 9:
                f.type.kind = Kind::date;
                f.storage = Storage::i32;
                f.slot = integers<int32_t>(rows, -100000, 100000, f.nullable);
                break;
            case 10:
                f.type.kind = pick(2) == 0 ? Kind::instant : Kind::duration;
                time_field(f, rows);
                break;
            case 11:
                f.type.kind = pick(4) == 0 ? Kind::enumeration : Kind::text;
                dictionary_field(f, rows);
                break;
            case 12:
                f.storage = Storage::literal;
                f.nullable = false;
                f.type.kind = pick(4) == 0 ? Kind::null : Kind::text;
                if (f.type.kind == Kind::text) f.literal = text(false);
                break;
            case 13:
                f.storage = Storage::cut;
                f.type.kind = Kind::text;
                f.nullable = false;
                for (uint32_t i = 0; i < 1 + pick(3); ++i) f.children.push_back(field("part", rows, -1));
                break;
            default: nested_field(f, rows, depth); break;
        }
        return f;
    }

    uint64_t seed_;
    Limits limits_;
    std::vector<std::shared_ptr<void>> memory_;
    std::deque<std::string> texts_;
};

}  // namespace headwater
