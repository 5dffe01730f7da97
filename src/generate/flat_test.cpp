// For the laws of flat streams and followers: the same records for any windows, parts, batches and executor.
#include "generate/flat.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "generate/arena.h"
#include "generate/rate_clock.h"

using namespace headwater;

namespace {

constexpr int64_t start = 1'767'225'600'000'000;
constexpr int64_t second = micros_per_second;

/// What one record says, in a form that can be compared.
struct Record {
    int64_t row;
    int64_t time;
    std::string values;
    std::string label;
    bool operator==(const Record&) const = default;
};

/// Writes programs by hand.
struct Writer {
    std::shared_ptr<Program> program = std::make_shared<Program>();

    Reg reg(Phys phys, int frame = 0) {
        program->registers.push_back(phys);
        program->frame_of.push_back(static_cast<uint16_t>(frame));
        return static_cast<Reg>(program->registers.size() - 1);
    }
    Reg input() {
        program->inputs.push_back(reg(Phys::i64));
        return program->inputs.back();
    }
    Reg number(int64_t value, int frame = 0) {
        program->constants.push_back({.reg = reg(Phys::i64, frame), .integer = value});
        return program->constants.back().reg;
    }
    Reg add(Ins ins, Phys result) {
        ins.d = reg(result, ins.frame);
        program->code.push_back(ins);
        return ins.d;
    }
    Reg word(Reg row, uint64_t place) {
        const Reg base = add({.op = Op::base, .type = Phys::i64, .a = row, .imm = 99}, Phys::i64);
        return add(
            {.op = Op::draw, .type = Phys::i64, .a = base, .imm = static_cast<int64_t>(key_of(std::to_string(place)))},
            Phys::i64);
    }
    /// Opens a list of `copies` for each row, with a word of its own for each item.
    Reg open_words(Reg copies, Reg row, Reg& index) {
        program->frames.push_back({.parent = 0});
        index = reg(Phys::i64, 1);
        program->code.push_back({.op = Op::open, .type = Phys::i64, .frame = 0, .d = index, .a = copies, .imm = 1});
        const Reg base = add({.op = Op::expand, .type = Phys::i64, .frame = 1, .a = word(row, 50)}, Phys::i64);
        return add({.op = Op::base_under, .type = Phys::i64, .frame = 1, .a = base, .b = index, .imm = 5}, Phys::i64);
    }
};

std::shared_ptr<Schema> schema_of(const std::string& stream, int slots) {
    auto schema = std::make_shared<Schema>();
    schema->stream = stream;
    schema->slot_count = slots;
    return schema;
}

/// A stream with numbers, a text, a null column, a list, and a rule that hits one row in fifty.
FlatPlan flat_plan(std::shared_ptr<const RowClock> clock, int64_t count = INT64_MAX) {
    Writer writer;
    const Reg row = writer.input(), time = writer.input();
    const Reg value = writer.add(
        {.op = Op::below, .type = Phys::i64, .a = writer.word(row, 1), .imm = 0, .imm2 = 1'000'000}, Phys::i64);
    const Reg real = writer.add({.op = Op::normal, .type = Phys::f64, .a = writer.word(row, 2)}, Phys::f64);
    writer.program->strings.push_back("##-aaa");
    const Reg text = writer.add({.op = Op::pattern, .type = Phys::text, .a = writer.word(row, 3)}, Phys::text);
    const Reg null = writer.add({.op = Op::chance, .type = Phys::u8, .a = writer.word(row, 4), .real = 0.1}, Phys::u8);
    const Reg rule = writer.add({.op = Op::chance, .type = Phys::u8, .a = writer.word(row, 5), .real = 0.02}, Phys::u8);
    const Reg copies =
        writer.add({.op = Op::below, .type = Phys::i64, .a = writer.word(row, 6), .imm = 0, .imm2 = 4}, Phys::i64);
    Reg index = no_reg;
    const Reg item = writer.open_words(copies, row, index);
    writer.program->outputs = {{.value = value},  {.value = real, .null = null}, {.value = text}, {.value = time},
                               {.list_frame = 1}, {.value = item, .frame = 1}};
    writer.program->kept = {rule};
    return {.schema = schema_of("test.flat", 6),
            .program = writer.program,
            .clock = std::move(clock),
            .count = count,
            .rule = rule,
            .labels = {"rare"}};
}

template <typename T>
void print_value(const Slot& slot, uint32_t row, std::string& out) {
    if (slot.null != nullptr && slot.null[row] != 0) return static_cast<void>(out += "null ");
    T value;
    std::memcpy(&value, static_cast<const T*>(slot.values) + row, sizeof value);
    if constexpr (std::is_same_v<T, TextView>)
        out += view_of(value);
    else if constexpr (std::is_same_v<T, double>)
        out += std::to_string(std::bit_cast<int64_t>(value));
    else
        out += std::to_string(value);
    out += ' ';
}

void print_flat(const Batch& batch, uint32_t row, std::string& out) {
    REQUIRE(batch.slots.size() == 6);
    print_value<int64_t>(batch.slots[0], row, out);
    print_value<double>(batch.slots[1], row, out);
    print_value<TextView>(batch.slots[2], row, out);
    print_value<int64_t>(batch.slots[3], row, out);
    const uint32_t* offsets = batch.slots[4].offsets;
    REQUIRE(offsets[batch.rows] == batch.slots[5].rows);
    for (uint32_t i = offsets[row]; i < offsets[row + 1]; ++i) print_value<int64_t>(batch.slots[5], i, out);
}

void print_numbers(const Batch& batch, uint32_t row, std::string& out) {
    for (const Slot& slot : batch.slots) print_value<int64_t>(slot, row, out);
}

/// Reads the records of windows, each planned and filled before the next.
struct Reader {
    std::unique_ptr<Source> source;
    std::unique_ptr<Scratch> scratch;
    void (*print)(const Batch&, uint32_t, std::string&);
    std::vector<Record> records;
    std::vector<Task> tasks;

    Reader(const SourcePlan& plan, const SourceLimits& limits, void (*how)(const Batch&, uint32_t, std::string&))
        : source(std::move(*plan.open(limits))), scratch(source->scratch()), print(how) {}

    Reader& read(Window window, bool exact = true) {
        tasks.clear();
        source->plan(window, exact, tasks);
        for (const Task& task : tasks)
            source->fill(task, *scratch, [&](int stream, Batch& batch) {
                REQUIRE(stream == 0);
                REQUIRE(batch.rows > 0);
                add(batch);
            });
        return *this;
    }

    void add(const Batch& batch) {
        const size_t first = records.size();
        for (uint32_t row = 0; row < batch.rows; ++row) {
            Record record{batch.row_numbers != nullptr ? batch.row_numbers[row] : batch.first_row + row,
                          batch.times[row], "", ""};
            print(batch, row, record.values);
            records.push_back(std::move(record));
        }
        for (const Label& label : batch.labels) records[first + label.row].label += batch.label_names->at(label.name);
    }
};

std::shared_ptr<const RowClock> clock_at(double rate) {
    return make_rate_clock({.start = start, .key = 3, .constant = rate});
}

const Window whole{start, start + 100 * second};

/// Reads [start, start + 100 s) in windows of random lengths, some of them empty, some not exact.
std::vector<Record> read_in_windows(Reader reader, uint64_t seed) {
    int64_t from = whole.from;
    for (uint64_t i = 0; from < whole.to; ++i) {
        const auto most = uint64_t{1} << below(draw(seed, 2 * i), 26);
        const int64_t to = std::min(from + static_cast<int64_t>(below(draw(seed, 2 * i + 1), most)), whole.to);
        reader.read({from, to}, draw(seed, 3 * i + 7) % 3 == 0);
        from = to;
    }
    return reader.read({from, from}, true).records;
}

/// Each parent has 0 to 3 copies, delayed by up to 9 seconds; the record says which it is.
FollowerPlan follower_plan(FlatPlan parent) {
    FollowerPlan plan{
        .parent = std::move(parent), .most_copies = 3, .least_delay = second / 2, .most_delay = 9 * second};
    Writer choose;
    const Reg row = choose.input();
    choose.input();
    plan.copies =
        choose.add({.op = Op::below, .type = Phys::i64, .a = choose.word(row, 1), .imm = 0, .imm2 = 4}, Phys::i64);
    Reg index = no_reg;
    const Reg word = choose.open_words(plan.copies, row, index);
    plan.delay = choose.add({.op = Op::below,
                             .type = Phys::i64,
                             .frame = 1,
                             .a = word,
                             .imm = plan.least_delay,
                             .imm2 = plan.most_delay - plan.least_delay + 1},
                            Phys::i64);
    plan.frame = 1;
    choose.program->kept = {plan.copies, plan.delay};
    plan.choose = choose.program;
    Writer own;
    for (int i = 0; i < 4; ++i) own.program->outputs.push_back({.value = own.input()});
    const Reg rule =
        own.add({.op = Op::chance, .type = Phys::u8, .a = own.word(own.program->inputs[0], 9), .real = 0.1}, Phys::u8);
    own.program->kept = {rule};
    plan.own = {.schema = schema_of("test.follower", 4), .program = own.program, .rule = rule, .labels = {"odd"}};
    return plan;
}

}  // namespace

TEST_CASE("a flat stream has each row once, in order, at its time") {
    const auto clock = clock_at(300);
    const auto records = Reader(*make_flat_source(flat_plan(clock)), {.start = start}, print_flat).read(whole).records;
    REQUIRE(static_cast<int64_t>(records.size()) == clock->rows_by(whole.to));
    int64_t labels = 0;
    for (size_t i = 0; i < records.size(); ++i) {
        REQUIRE(records[i].row == static_cast<int64_t>(i));
        REQUIRE(records[i].time == clock->time_of(records[i].row));
        labels += records[i].label == "rare" ? 1 : 0;
    }
    CHECK(labels == doctest::Approx(600).epsilon(0.25));
}

TEST_CASE("windows, batch sizes and executors change no record of a flat stream") {
    const auto plan = flat_plan(clock_at(300));
    const auto expected = Reader(*make_flat_source(plan), {.start = start}, print_flat).read(whole).records;
    for (uint64_t seed = 0; seed < 8; ++seed)
        CHECK(read_in_windows(Reader(*make_flat_source(plan), {.start = start}, print_flat), seed) == expected);
    for (const uint32_t rows : {1U, 7U, 64U, 511U})
        CHECK(Reader(*make_flat_source(plan, {.batch_rows = rows}), {.start = start}, print_flat).read(whole).records ==
              expected);
    const Window tenth{start, start + 10 * second};
    const auto by_row =
        Reader(*make_flat_source(plan, {.batch_rows = 100, .scalar = true}), {.start = start}, print_flat)
            .read(tenth)
            .records;
    CHECK(by_row == Reader(*make_flat_source(plan), {.start = start}, print_flat).read(tenth).records);
}

TEST_CASE("parts of a flat stream are generated alone and join to the whole") {
    const auto plan = make_flat_source(flat_plan(clock_at(300)));
    const SourceLimits limits{.start = start, .until = whole.to, .counts = {25'000}};
    const auto expected = Reader(*plan, limits, print_flat).read(whole).records;
    REQUIRE(expected.size() == 25'000);
    for (const int parts : {2, 3, 8}) {
        std::vector<Record> joined;
        for (int part = 0; part < parts; ++part) {
            SourceLimits own = limits;
            own.part = part;
            own.parts = parts;
            const auto records = Reader(*plan, own, print_flat).read(whole).records;
            joined.insert(joined.end(), records.begin(), records.end());
        }
        CHECK(joined == expected);
    }
    const auto endless = plan->open({.start = start, .part = 0, .parts = 2});
    REQUIRE(!endless);
    CHECK(endless.error().kind == ErrorKind::invalid);
    CHECK(endless.error().message ==
          "Parts need a bounded run: give --until or --for, or --count for streams that follow no other");
}

TEST_CASE("a flat stream is read from any instant on") {
    const auto clock = clock_at(1000);
    const auto plan = make_flat_source(flat_plan(clock));
    const int64_t far = clock->time_of(1'000'000'000'000);
    const auto records = Reader(*plan, {.start = start}, print_flat).read({far, far + second}).records;
    REQUIRE(!records.empty());
    CHECK(records.front().time == far);
    CHECK(static_cast<int64_t>(records.size()) == clock->rows_by(far + second) - clock->rows_by(far));
    const auto later = Reader(*plan, {.start = start}, print_flat).read({far + second / 2, far + second}).records;
    CHECK(std::vector(records.end() - static_cast<std::ptrdiff_t>(later.size()), records.end()) == later);
}

TEST_CASE("tasks of a flat stream end at the grain unless they must not") {
    const auto plan = make_flat_source(flat_plan(clock_at(3000), 100'000));
    Reader reader(*plan, {.start = start}, print_flat);
    reader.read({start, start + 10 * second}, false);
    REQUIRE(!reader.tasks.empty());
    for (const Task& task : reader.tasks) CHECK((task.first % Source::grain == 0 && task.count == Source::grain));
    reader.read({start + 10 * second, start + 10 * second}, true);
    REQUIRE(reader.tasks.size() == 1);
    CHECK(reader.tasks[0].count < Source::grain);
    reader.read({start + 10 * second, whole.to}, false);
    CHECK(reader.records.size() == 100'000);
}

TEST_CASE("a flat stream says how far a window may go and when it has ended") {
    const auto clock = clock_at(100);
    const auto plan = make_flat_source(flat_plan(clock, 5000));
    const auto source = std::move(*plan->open({.start = start}));
    const int64_t to = source->horizon(start, 1000);
    CHECK(clock->rows_by(to) == doctest::Approx(1000).epsilon(0.01));
    const int64_t end = source->horizon(start, 1'000'000);
    CHECK(clock->rows_by(end) == 5000);
    CHECK(source->exhausted(0, end));
    CHECK_FALSE(source->exhausted(0, end - 1));
    CHECK(source->horizon(end, 10) > end);
    const auto silent = std::move(*make_flat_source(flat_plan(clock_at(0)))->open({.start = start}));
    CHECK(silent->exhausted(0, start));
}

TEST_CASE("a source goes on from its state as if it had never stopped") {
    const auto flat = make_flat_source(flat_plan(clock_at(300)));
    const auto follower = make_follower_source(follower_plan(flat_plan(clock_at(300))));
    for (const auto& [plan, print] : {std::pair(flat, &print_flat), std::pair(follower, &print_numbers)}) {
        Reader one(*plan, {.start = start}, print);
        one.read({start, start + 61 * second}, false);
        Reader other(*plan, {.start = start}, print);
        REQUIRE(other.source->restore(one.source->snapshot()));
        const Window rest{start + 61 * second, whole.to};
        one.records.clear();
        CHECK(one.read(rest).records == other.read(rest).records);
        CHECK(one.records.size() > 10'000);
        CHECK(!other.source->restore("nonsense"));
    }
}

TEST_CASE("followers come in order of time, each copy once, after its parent by its delay") {
    const auto clock = clock_at(200);
    const auto plan = follower_plan(flat_plan(clock, 10'000));
    const auto source = make_follower_source(plan);
    const auto records = Reader(*source, {.start = start}, print_numbers).read(whole).records;
    CHECK(records.size() == doctest::Approx(15'000).epsilon(0.03));
    std::set<int64_t> rows;
    std::map<std::string, int64_t> labels;
    for (size_t i = 0; i < records.size(); ++i) {
        const Record& record = records[i];
        REQUIRE(rows.insert(record.row).second);
        const int64_t parent = record.row / 3, parent_time = clock->time_of(parent);
        REQUIRE(record.values == std::to_string(parent) + " " + std::to_string(parent_time) + " " +
                                     std::to_string(record.row % 3) + " " + std::to_string(record.time) + " ");
        REQUIRE(record.time - parent_time >= plan.least_delay);
        REQUIRE(record.time - parent_time <= plan.most_delay);
        if (i > 0) REQUIRE(std::pair(records[i - 1].time, records[i - 1].row) < std::pair(record.time, record.row));
        ++labels[record.label];
    }
    CHECK(labels["odd"] == doctest::Approx(1500).epsilon(0.2));
    CHECK(rows.upper_bound(3 * 9'900) != rows.end());
    const auto opened = std::move(*source->open({.start = start}));
    const int64_t last_parent = clock->time_of(9'999);
    CHECK_FALSE(opened->exhausted(0, last_parent + plan.most_delay));
    CHECK(opened->exhausted(0, last_parent + plan.most_delay + 1));
}

TEST_CASE("windows, batch sizes and executors change no record of a follower") {
    const auto plan = follower_plan(flat_plan(clock_at(200), 10'000));
    const auto expected = Reader(*make_follower_source(plan), {.start = start}, print_numbers).read(whole).records;
    for (uint64_t seed = 0; seed < 8; ++seed)
        CHECK(read_in_windows(Reader(*make_follower_source(plan), {.start = start}, print_numbers), seed) == expected);
    for (const ProgramOptions options :
         {ProgramOptions{.batch_rows = 1}, ProgramOptions{.batch_rows = 100, .scalar = true}})
        CHECK(Reader(*make_follower_source(plan, options), {.start = start}, print_numbers).read(whole).records ==
              expected);
    const Window late{start + 20 * second, whole.to};
    const auto rest = Reader(*make_follower_source(plan), {.start = start}, print_numbers).read(late).records;
    CHECK(std::vector(expected.end() - static_cast<std::ptrdiff_t>(rest.size()), expected.end()) == rest);
    CHECK(rest.front().time >= late.from);
    CHECK(rest.size() > 10'000);
}

TEST_CASE("followers without delay come with their parents, in their order") {
    FollowerPlan plan = follower_plan(flat_plan(clock_at(200)));
    plan.least_delay = plan.most_delay = 0;
    const auto records = read_in_windows(Reader(*make_follower_source(plan), {.start = start}, print_numbers), 1);
    CHECK(records.size() > 25'000);
    for (size_t i = 1; i < records.size(); ++i) REQUIRE(records[i - 1].row < records[i].row);
}

TEST_CASE("parts of a follower are those of its parents and join to the whole") {
    const auto plan = make_follower_source(follower_plan(flat_plan(clock_at(200))));
    const SourceLimits limits{.start = start, .until = whole.to};
    auto expected = Reader(*plan, limits, print_numbers).read(whole).records;
    std::vector<Record> joined;
    for (int part = 0; part < 3; ++part) {
        SourceLimits own = limits;
        own.part = part;
        own.parts = 3;
        const auto records = Reader(*plan, own, print_numbers).read(whole).records;
        CHECK(std::is_sorted(records.begin(), records.end(),
                             [](const Record& a, const Record& b) { return a.time < b.time; }));
        joined.insert(joined.end(), records.begin(), records.end());
    }
    const auto by_row = [](const Record& a, const Record& b) { return a.row < b.row; };
    std::sort(joined.begin(), joined.end(), by_row);
    std::sort(expected.begin(), expected.end(), by_row);
    CHECK(joined == expected);
    CHECK(!plan->open({.start = start, .part = 1, .parts = 2}));
}

TEST_CASE("windows that a follower asks for come to its end") {
    for (const int64_t records : {7, 1000, 1'000'000}) {
        const auto plan = make_follower_source(follower_plan(flat_plan(clock_at(200), 3000)));
        Reader reader(*plan, {.start = start}, print_numbers);
        int64_t from = start;
        int windows = 0;
        for (; !reader.source->exhausted(0, from); ++windows) {
            const int64_t to = reader.source->horizon(from, records);
            REQUIRE(to > from);
            reader.read({from, to}, false);
            from = to;
        }
        CHECK(from - start < 30 * second);
        CHECK(windows < 20'000 / records + 100);
        CHECK(reader.read({from, from}).records.size() == doctest::Approx(4500).epsilon(0.05));
    }
}
