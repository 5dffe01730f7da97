// For making again what was sent: the plan is run, into entries instead of a target.
#include "verify/expected.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/run.h"
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

/// Takes the entries of a run apart.
class EntrySink final : public RecordSink {
  public:
    EntrySink(const std::vector<Shape>& shapes, const SentReceiver& receive)
        : shapes_(shapes), receive_(receive), positions_(shapes.size()) {}

    Result<void> open() override { return {}; }
    Result<void> flush() override { return {}; }
    bool takes_messages() const override { return true; }

    Result<void> write(const std::string& stream, const Payload& payload) override {
        auto found = std::ranges::find(shapes_, stream, &Shape::stream);
        const auto shape = static_cast<size_t>(found - shapes_.begin());
        room_.resize(entry_bytes(*found) / sizeof(uint64_t));
        auto* entry = reinterpret_cast<Entry*>(room_.data());
        uint32_t begin = 0;
        for (const uint32_t end : payload.ends) {
            std::memcpy(room_.data(), payload.bytes.data() + begin, end - begin);
            begin = end;
            entry->position = positions_[shape]++;
            receive_(static_cast<int>(shape), *entry);
        }
        return {};
    }

  private:
    const std::vector<Shape>& shapes_;
    const SentReceiver& receive_;
    std::vector<uint64_t> positions_;
    std::vector<uint64_t> room_;
};

/// Gives a run entries for a format and an EntrySink for a target.
class EntryComponents final : public Components {
  public:
    EntryComponents(const std::vector<Shape>& shapes, const SentOptions& options)
        : shapes_(shapes), options_(options) {}

    Result<std::unique_ptr<Format>> format(const OutputPlan& output) const override {
        if (output.to == answers_address) return make_json_format(false);
        return make_entry_format(shapes_, options_.witness);
    }
    Result<Target> target(const OutputPlan&, const Format&, const TargetUse& use) const override {
        Target target;
        target.name = "verify";
        target.keeps_objects = false;
        if (use.is_answer_key) {
            target.records = make_answer_sink(*options_.answers);
            return target;
        }
        target.records = std::make_unique<EntrySink>(shapes_, options_.receive);
        return target;
    }

  private:
    const std::vector<Shape>& shapes_;
    const SentOptions& options_;
};

}  // namespace

std::vector<Shape> shapes_of(const Plan& plan, const std::set<std::string>& ignored) {
    std::vector<Shape> shapes;
    for (int stream : used_streams(plan))
        shapes.emplace_back(*plan.streams[static_cast<size_t>(stream)].schema, ignored);
    return shapes;
}

Result<void> make_sent(const SentPart& part, const std::vector<Shape>& shapes, const SentOptions& options) {
    Plan plan = *part.plan;
    OutputPlan output;
    output.streams = used_streams(plan);
    output.to = "verify:";
    plan.outputs = {std::move(output)};
    plan.answer_key.reset();
    if (options.answers != nullptr) plan.answer_key = OutputPlan{.to = answers_address};
    plan.clock.live = false;
    plan.clock.rate = 0;
    RunOptions run{.run = part.run, .threads = options.threads, .part = part.part, .parts = part.parts};
    const EntryComponents components(shapes, options);
    auto made = Run::make(plan, std::move(run), components, *options.time, *options.stop);
    if (!made) return std::unexpected(made.error());
    auto summary = (*made)->execute();
    if (!summary) return std::unexpected(summary.error());
    return {};
}

}  // namespace headwater
