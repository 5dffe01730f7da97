#include "generate/living_columns.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "base/random.h"

namespace headwater {

namespace {

template <typename T, typename From>
void gather(const From* from, const uint32_t* rows, uint32_t size, void* to) {
    T* const out = static_cast<T*>(to);
    for (uint32_t i = 0; i < size; ++i) out[i] = static_cast<T>(from[rows[i]]);
}

template <typename From>
void gather_as(Phys phys, const From* from, const uint32_t* rows, uint32_t size, void* to) {
    switch (phys) {
        case Phys::u8: return gather<uint8_t>(from, rows, size, to);
        case Phys::i32: return gather<int32_t>(from, rows, size, to);
        case Phys::i64:
        case Phys::f64: return gather<int64_t>(from, rows, size, to);  // reals are kept by their bits
        case Phys::uuid:
        case Phys::text: HW_CHECK(!"texts are not gathered from words");
    }
}

template <typename From>
void widen(const void* from, uint32_t size, int64_t* to) {
    const From* const in = static_cast<const From*>(from);
    for (uint32_t i = 0; i < size; ++i) to[i] = static_cast<int64_t>(in[i]);
}

void widen_as(Phys phys, const void* from, uint32_t size, int64_t* to) {
    switch (phys) {
        case Phys::u8: return widen<uint8_t>(from, size, to);
        case Phys::i32: return widen<int32_t>(from, size, to);
        case Phys::i64:
        case Phys::f64: std::memcpy(to, from, size * sizeof *to); return;
        case Phys::uuid:
        case Phys::text: HW_CHECK(!"texts are no words");
    }
}

template <typename From>
void scatter(const void* from, const uint32_t* rows, uint32_t size, int64_t* to) {
    const From* const in = static_cast<const From*>(from);
    for (uint32_t i = 0; i < size; ++i) to[rows[i]] = static_cast<int64_t>(in[i]);
}

/// Makes room for `size` more values and gives it.
template <typename T>
T* extend(std::vector<T>& values, uint32_t size) {
    values.resize(values.size() + size);
    return values.data() + values.size() - size;
}

}  // namespace

LivingColumns::LivingColumns(const LivingPlan& plan)
    : plan_(plan), executors_(plan.programs.size()), inputs_(plan.programs.size()) {}

int LivingColumns::kind_above(int kind, int level) const {
    for (; level > 0; --level) kind = plan_.kinds[static_cast<size_t>(kind)].parent;
    return kind;
}

const uint32_t* LivingColumns::rows_above(const LivingWave& wave, int level) {
    const uint32_t* rows = wave.rows.data();
    int kind = wave.kind;
    for (int up = 1; up <= level; ++up) {
        if (above_.size() < static_cast<size_t>(up)) above_.resize(static_cast<size_t>(up));
        uint32_t* const out = above_[static_cast<size_t>(up) - 1].rows.data();
        const std::vector<LivingLinks>& links = shard_->rows[static_cast<size_t>(kind)].links;
        for (uint32_t i = 0; i < wave.size; ++i) out[i] = links[rows[i]].parent.row;
        rows = out;
        kind = plan_.kinds[static_cast<size_t>(kind)].parent;
    }
    return rows;
}

void LivingColumns::fill_texts(const LivingInput& input, Phys phys, const LivingWave& wave, void* to) {
    const uint32_t* rows = rows_above(wave, input.level);
    const auto kind = static_cast<size_t>(kind_above(wave.kind, input.level));
    const std::vector<std::string>& from = shard_->rows[kind].texts[input.slot];
    for (uint32_t i = 0; i < wave.size; ++i) {
        const std::string& text = from[rows[i]];
        if (phys == Phys::text)
            static_cast<TextView*>(to)[i] = texts_.copy(text);
        else if (text.size() == 16)
            std::memcpy(static_cast<char*>(to) + size_t{16} * i, text.data(), 16);
        else
            std::memset(static_cast<char*>(to) + size_t{16} * i, 0, 16);
    }
}

/// What entities are read that steps chose, one by one: each wave has few of them.
void LivingColumns::fill_chosen(const LivingInput& input, Phys phys, const LivingWave& wave, void* to) {
    using Is = LivingInput::Is;
    const LivingRows& own = shard_->rows[input.kind];
    const std::vector<int64_t>& words =
        shard_->rows[static_cast<size_t>(wave.kind)].words[static_cast<size_t>(input.via)];
    for (uint32_t i = 0; i < wave.size; ++i) {
        const EntityRef ref = shard_->entity_of(input.kind, words[wave.rows[i]]);
        const uint32_t row = ref.row;
        if (input.is == Is::text) {
            const std::string_view text =
                ref.is_there() ? std::string_view(own.texts[input.slot][row]) : std::string_view();
            if (phys == Phys::text) {
                static_cast<TextView*>(to)[i] = texts_.copy(text);
                continue;
            }
            char* const place = static_cast<char*>(to) + size_t{16} * i;
            std::memset(place, 0, 16);
            if (text.size() == 16) std::memcpy(place, text.data(), 16);
            continue;
        }
        int64_t value = 0;
        if (ref.is_there()) {
            switch (input.is) {
                case Is::number: value = own.number[row]; break;
                case Is::born: value = own.born[row]; break;
                case Is::address: value = static_cast<int64_t>(own.address[row]); break;
                case Is::phase: value = own.phase[row]; break;
                case Is::word: value = own.words[input.slot][row]; break;
                default: value = 1;
            }
        }
        switch (phys) {
            case Phys::u8: static_cast<uint8_t*>(to)[i] = static_cast<uint8_t>(value); break;
            case Phys::i32: static_cast<int32_t*>(to)[i] = static_cast<int32_t>(value); break;
            default: static_cast<int64_t*>(to)[i] = value;  // reals are kept by their bits
        }
    }
}

void LivingColumns::fill_switch(const LivingInput& input, Phys phys, const LivingWave& wave, void* to) const {
    const SwitchTimes& times = *plan_.switches[input.slot];
    std::array<int64_t, LivingWave::most> is_on;
    for (uint32_t i = 0; i < wave.size; ++i) is_on[i] = times.is_on(wave.times[i]) ? 1 : 0;
    if (phys == Phys::u8)
        std::copy_n(is_on.begin(), wave.size, static_cast<uint8_t*>(to));
    else
        std::copy_n(is_on.begin(), wave.size, static_cast<int64_t*>(to));
}

void LivingColumns::fill(const LivingInput& input, Phys phys, const LivingWave& wave, void* to) {
    using Is = LivingInput::Is;
    if (input.via >= 0) return fill_chosen(input, phys, wave, to);
    switch (input.is) {
        case Is::time: std::memcpy(to, wave.times.data(), wave.size * sizeof(int64_t)); return;
        case Is::base: std::memcpy(to, wave.bases.data(), wave.size * sizeof(int64_t)); return;
        case Is::index: std::memcpy(to, wave.indexes.data(), wave.size * sizeof(int64_t)); return;
        case Is::text: return fill_texts(input, phys, wave, to);
        case Is::is_on: return fill_switch(input, phys, wave, to);
        default: break;
    }
    const uint32_t* rows = rows_above(wave, input.level);
    const LivingRows& own = shard_->rows[static_cast<size_t>(kind_above(wave.kind, input.level))];
    switch (input.is) {
        case Is::number: return gather_as(phys, own.number.data(), rows, wave.size, to);
        case Is::born: return gather_as(phys, own.born.data(), rows, wave.size, to);
        case Is::address: return gather_as(phys, own.address.data(), rows, wave.size, to);
        case Is::phase: return gather_as(phys, own.phase.data(), rows, wave.size, to);
        case Is::word: return gather_as(phys, own.words[input.slot].data(), rows, wave.size, to);
        default: HW_CHECK(!"steps give values to records only");
    }
}

LivingColumns::Values LivingColumns::run(int program, const LivingWave& wave) {
    const LivingProgram& script = plan_.programs[static_cast<size_t>(program)];
    auto& executor = executors_[static_cast<size_t>(program)];
    if (!executor) {
        executor = std::make_unique<ColumnExecutor>(script.program, LivingWave::most);
        for (size_t i = 0; i < script.inputs.size(); ++i)
            inputs_[static_cast<size_t>(program)].push_back(executor->input(i));
    }
    const std::vector<void*>& inputs = inputs_[static_cast<size_t>(program)];
    for (size_t i = 0; i < inputs.size(); ++i)
        fill(script.inputs[i], script.program->registers[script.program->inputs[i]], wave, inputs[i]);
    executor->run(wave.size);
    return {script.program.get(), executor.get()};
}

void LivingColumns::keep(int kind, const uint32_t* rows, uint32_t size, const LivingStore& store,
                         const Values& values) {
    LivingRows& own = shard_->rows[static_cast<size_t>(kind)];
    const void* from = values.executor->values(store.value);
    int64_t* const words = store.is_text ? nullptr : own.words[store.slot].data();
    switch (values.phys(store.value)) {
        case Phys::u8: return scatter<uint8_t>(from, rows, size, words);
        case Phys::i32: return scatter<int32_t>(from, rows, size, words);
        case Phys::i64:
        case Phys::f64: return scatter<int64_t>(from, rows, size, words);
        case Phys::uuid:
            for (uint32_t i = 0; i < size; ++i)
                own.texts[store.slot][rows[i]].assign(static_cast<const char*>(from) + size_t{16} * i, 16);
            return;
        case Phys::text:
            for (uint32_t i = 0; i < size; ++i)
                own.texts[store.slot][rows[i]].assign(view_of(static_cast<const TextView*>(from)[i]));
            return;
    }
}

void LivingColumns::keep_one(EntityRef ref, uint32_t i, const LivingStore& store, const Values& values) {
    LivingRows& own = shard_->rows[ref.kind];
    const void* from = values.executor->values(store.value);
    const auto word = [&](auto value) { own.words[store.slot][ref.row] = static_cast<int64_t>(value); };
    switch (values.phys(store.value)) {
        case Phys::u8: return word(static_cast<const uint8_t*>(from)[i]);
        case Phys::i32: return word(static_cast<const int32_t*>(from)[i]);
        case Phys::i64:
        case Phys::f64: return word(static_cast<const int64_t*>(from)[i]);
        case Phys::uuid:
            own.texts[store.slot][ref.row].assign(static_cast<const char*>(from) + size_t{16} * i, 16);
            return;
        case Phys::text: own.texts[store.slot][ref.row].assign(view_of(static_cast<const TextView*>(from)[i])); return;
    }
}

void LivingColumns::emit_input(const LivingInput& input, Phys phys, const LivingWave& wave, EmittedRows& rows,
                               size_t place, LivingRecords& records) {
    if (input.is != LivingInput::Is::text) return fill(input, Phys::i64, wave, extend(rows.words[place], wave.size));
    const uint32_t* from = rows_above(wave, input.level);
    const auto kind = static_cast<size_t>(kind_above(wave.kind, input.level));
    TextView* to = extend(rows.texts[place], wave.size);
    static const std::string empty_uuid(16, '\0');
    for (uint32_t i = 0; i < wave.size; ++i) {
        const std::string& text = shard_->rows[kind].texts[input.slot][from[i]];
        to[i] = records.texts.copy(phys == Phys::uuid && text.size() != 16 ? empty_uuid : text);
    }
}

void LivingColumns::emit_given(const LivingStep& step, const LivingInput& input, const LivingWave& wave,
                               const Values& given, EmittedRows& rows, size_t place, LivingRecords& records) {
    const bool is_text = input.is == LivingInput::Is::given_text;
    const auto store = std::find_if(step.emit_with.begin(), step.emit_with.end(), [&](const LivingStore& one) {
        return one.slot == input.slot && one.is_text == is_text;
    });
    const void* from = given.executor->values(store->value);
    const Phys phys = given.phys(store->value);
    if (!is_text) return widen_as(phys, from, wave.size, extend(rows.words[place], wave.size));
    TextView* to = extend(rows.texts[place], wave.size);
    for (uint32_t i = 0; i < wave.size; ++i)
        to[i] = records.texts.copy(phys == Phys::text
                                       ? view_of(static_cast<const TextView*>(from)[i])
                                       : std::string_view(static_cast<const char*>(from) + size_t{16} * i, 16));
}

void LivingColumns::emit(const LivingStep& step, const LivingWave& wave, const Values& given, LivingRecords& records) {
    using Is = LivingInput::Is;
    EmittedRows& rows = records.streams[static_cast<size_t>(step.emit)];
    const LivingProgram& script =
        plan_.programs[static_cast<size_t>(plan_.streams[static_cast<size_t>(step.emit)].program)];
    rows.words.resize(script.inputs.size());
    rows.texts.resize(script.inputs.size());
    std::copy_n(wave.times.begin(), wave.size, extend(rows.times, wave.size));
    int64_t* const cells = extend(rows.cells, wave.size);
    int64_t* const ordinals = extend(rows.ordinals, wave.size);
    for (uint32_t i = 0; i < wave.size; ++i) {
        cells[i] = shard_->first + wave.cells[i];
        ordinals[i] = shard_->records[wave.cells[i]]++;
    }
    if (!plan_.streams[static_cast<size_t>(step.emit)].labels.empty())
        std::fill_n(extend(rows.labels, wave.size), wave.size, &step.labels);
    for (size_t i = 0; i < script.inputs.size(); ++i) {
        const LivingInput& input = script.inputs[i];
        if (input.is == Is::base) {
            int64_t* const bases = extend(rows.words[i], wave.size);
            for (uint32_t k = 0; k < wave.size; ++k) bases[k] = static_cast<int64_t>(draw(wave.bases[k], step.place));
            continue;
        }
        if (input.is == Is::given_word || input.is == Is::given_text)
            emit_given(step, input, wave, given, rows, i, records);
        else
            emit_input(input, script.program->registers[script.program->inputs[i]], wave, rows, i, records);
    }
}

}  // namespace headwater
