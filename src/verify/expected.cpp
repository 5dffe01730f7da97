// For making again what was sent: the plan is run, into entries instead of a target.
#include "verify/expected.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "engine/run.h"
#include "envelope/envelopes.h"
#include "format/json/json.h"

namespace headwater {

namespace {

/// The address of the output that an answer key goes to.
constexpr const char* answers_address = "verify:answers";

/// Streams of the plan that some output uses, in order.
std::vector<int> used_streams(const Plan& plan) {
    std::set<int> used;
    for (const OutputPlan& output : plan.outputs) used.insert(output.streams.begin(), output.streams.end());
    return {used.begin(), used.end()};
}

/// Gives the bits of those faults of a stream that damage bytes.
uint32_t wire_bits(const Plan& plan, const std::string& stream) {
    uint32_t bits = 0;
    for (const StreamPlan& one : plan.streams) {
        if (one.outgoing == nullptr || one.schema->stream != stream) continue;
        for (uint32_t fault = 0; fault < one.outgoing->plans().size(); ++fault)
            bits |= static_cast<uint32_t>(one.outgoing->fault(fault).damages()) << fault;
    }
    return bits;
}

/// Takes the entries of a run apart.
class EntrySink final : public RecordSink {
  public:
    EntrySink(const std::vector<Shape>& shapes, const SentOptions& options, bool in_lines)
        : shapes_(shapes), options_(options), in_lines_(in_lines), positions_(shapes.size()) {}

    Result<void> open() override { return {}; }
    Result<void> flush() override { return {}; }
    bool takes_messages() const override { return true; }

    Result<void> write(const std::string& stream, const Payload& payload) override {
        auto found = std::ranges::find(shapes_, stream, &Shape::stream);
        const auto shape = static_cast<int>(found - shapes_.begin());
        uint32_t begin = 0;
        for (size_t i = 0; i < payload.ends.size(); ++i) {
            const auto words = payload.words.begin() + static_cast<ptrdiff_t>(i * payload.words_each);
            room_.assign(words, words + payload.words_each);
            take(shape, std::string_view(payload.bytes).substr(begin, payload.ends[i] - begin));
            begin = payload.ends[i];
        }
        return {};
    }

  private:
    /// Takes a record, whose words lie in `room_`.
    void take(int shape, std::string_view bytes) {
        auto& sent = *reinterpret_cast<SentRecord*>(room_.data());
        sent.entry.position = positions_[static_cast<size_t>(shape)]++;
        DamagedRecord damaged;
        if (is_damaged(sent, bytes, in_lines_, lines_, damaged)) {
            if (options_.receive_damaged) options_.receive_damaged(shape, damaged);
        } else if (!options_.only_damaged) {
            options_.receive(shape, sent.entry);
        }
    }

    const std::vector<Shape>& shapes_;
    const SentOptions& options_;
    bool in_lines_;
    std::vector<uint64_t> positions_;
    std::vector<uint64_t> room_, lines_;
};

/// Gives a run entries for a format and an EntrySink for a target.
class EntryComponents final : public Components {
  public:
    EntryComponents(const SentPart& part, const std::vector<Shape>& shapes, const SentOptions& options)
        : part_(part), shapes_(shapes), options_(options) {}

    Result<std::unique_ptr<Format>> format(const OutputPlan& output) const override {
        if (output.to == answers_address) return make_json_format(false);
        EntryOptions entries{.witness = options_.witness, .form = part_.form, .only_damaged = options_.only_damaged};
        for (const Shape& shape : shapes_) entries.wire_bits.push_back(wire_bits(*part_.plan, shape.stream()));
        return make_entry_format(shapes_, std::move(entries));
    }
    Result<Target> target(const OutputPlan&, const Format&, const TargetUse& use) const override {
        Target target;
        target.name = "verify";
        target.keeps_objects = false;
        if (use.is_answer_key) {
            target.records = make_answer_sink(*options_.answers);
            return target;
        }
        target.records = std::make_unique<EntrySink>(shapes_, options_, part_.form.in_lines);
        return target;
    }

  private:
    const SentPart& part_;
    const std::vector<Shape>& shapes_;
    const SentOptions& options_;
};

}  // namespace

std::vector<Shape> shapes_of(const Plan& plan, const std::set<std::string>& ignored) {
    std::vector<Shape> shapes;
    const OutputPlan& output = plan.outputs.front();
    const auto envelope = EnvelopeStage::make(output.envelope, {"", output.options});
    HW_CHECK(envelope);  // the run had it
    for (int stream : used_streams(plan))
        shapes.emplace_back(*envelope->schema_of(plan.streams[static_cast<size_t>(stream)].schema), ignored);
    return shapes;
}

bool may_damage(const SentPart& part) {
    if (part.form.format == nullptr) return false;
    for (int stream : used_streams(*part.plan)) {
        const auto& outgoing = part.plan->streams[static_cast<size_t>(stream)].outgoing;
        for (uint32_t fault = 0; outgoing != nullptr && fault < outgoing->plans().size(); ++fault) {
            // Rows of CSV are of no use where cells are missing or too many.
            const bool reshapes =
                outgoing->fault(fault).reshapes() && part.form.format->kind().reading == FormatReading::csv;
            if (reshapes || outgoing->fault(fault).damages()) return true;
        }
    }
    return false;
}

Result<void> make_sent(const SentPart& part, const std::vector<Shape>& shapes, const SentOptions& options) {
    Plan plan = *part.plan;
    OutputPlan output{.envelope = plan.outputs.front().envelope, .options = plan.outputs.front().options};
    output.streams = used_streams(plan);
    output.phase = plan.outputs.front().phase;
    output.to = "verify:";
    plan.outputs = {std::move(output)};
    plan.answer_key.reset();
    if (options.answers != nullptr) plan.answer_key = OutputPlan{.to = answers_address};
    plan.clock.live = false;
    plan.clock.rate = 0;
    if (plan.outputs.front().phase == name_of(Phase::history))
        plan.clock.until = std::min(plan.clock.until.value_or(INT64_MAX), *plan.clock.seam);
    RunOptions run{.run = part.run, .threads = options.threads, .part = part.part, .parts = part.parts};
    const EntryComponents components(part, shapes, options);
    auto made = Run::make(plan, std::move(run), components, *options.time, *options.stop);
    if (!made) return std::unexpected(made.error());
    auto summary = (*made)->execute();
    if (!summary) return std::unexpected(summary.error());
    if (options.strokes != nullptr) *options.strokes = std::move(summary->work.faults);
    return {};
}

}  // namespace headwater
