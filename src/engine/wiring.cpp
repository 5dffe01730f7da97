// For connecting a plan: which source feeds which lanes, with what encoding, and where its manifests belong.
#include "engine/wiring.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"

namespace headwater {

namespace {

/// Builds a Wiring step by step.
class Wirer {
  public:
    Wirer(const Plan& plan, const WiringOptions& options, const Components& components, const Delivery& delivery)
        : plan_(plan), options_(options), components_(components), delivery_(delivery) {}

    Result<Wiring> wire() {
        if (auto opened = open_sources(); !opened) return std::unexpected(opened.error());
        for (const OutputPlan& output : plan_.outputs) {
            if (auto added = add_output(output, output.streams, false); !added) return std::unexpected(added.error());
        }
        if (plan_.answer_key) {
            if (auto added = add_output(*plan_.answer_key, wiring_.streams, true); !added)
                return std::unexpected(added.error());
        }
        return std::move(wiring_);
    }

  private:
    Result<void> open_sources() {
        std::set<int> used;
        for (const OutputPlan& output : plan_.outputs) used.insert(output.streams.begin(), output.streams.end());
        wiring_.streams.assign(used.begin(), used.end());
        for (int source = 0; source < static_cast<int>(plan_.sources.size()); ++source) {
            if (auto opened = open_source(source); !opened) return opened;
        }
        return {};
    }

    Result<void> open_source(int source) {
        const SourcePlan& plan = *plan_.sources[static_cast<size_t>(source)];
        SourceLimits limits{.start = plan_.clock.start, .part = options_.part, .parts = options_.parts};
        limits.until = plan_.clock.until.value_or(INT64_MAX);
        limits.counts.assign(plan.schemas().size(), 0);
        SourceRun run;
        run.streams.assign(plan.schemas().size(), -1);
        run.faults.resize(plan.schemas().size());
        for (int stream : wiring_.streams) {
            const StreamPlan& used = plan_.streams[static_cast<size_t>(stream)];
            if (used.source != source) continue;
            auto place = static_cast<size_t>(used.source_stream);
            run.streams[place] = stream;
            run.faults[place] = used.outgoing;
            limits.counts[place] = count_of(plan_, stream);
            if (used.follows >= 0 && std::ranges::find(wiring_.streams, used.follows) != wiring_.streams.end())
                limits.followed = count_of(plan_, used.follows);
            wiring_.source_of[stream] = {static_cast<int>(wiring_.sources.size()), used.source_stream};
        }
        if (std::ranges::all_of(run.streams, [](int stream) { return stream < 0; })) return {};
        run.ends_all = streams_that_end_all(run);
        auto opened = plan.open(limits);
        if (!opened) return std::unexpected(opened.error());
        run.source = std::move(*opened);
        wiring_.sources.push_back(std::move(run));
        return {};
    }

    /// Names the streams whose count bounds everything that befalls the entities of their source, so that no record is made
    /// that speaks of one that is not.
    std::vector<bool> streams_that_end_all(const SourceRun& run) const {
        std::vector<bool> ends_all(run.streams.size());
        size_t used = 0;
        for (size_t place = 0; place < run.streams.size(); ++place) {
            if (run.streams[place] < 0) continue;
            const StreamPlan& stream = plan_.streams[static_cast<size_t>(run.streams[place])];
            const auto asked = plan_.counts.find(run.streams[place]);
            const bool is_asked = stream.of_entities && asked != plan_.counts.end() && asked->second > 0;
            ends_all[place] = is_asked && asked->second <= stream.count.value_or(INT64_MAX);
            ++used;
        }
        const bool together = used > 1 && options_.parts == 1 && std::ranges::find(ends_all, true) != ends_all.end();
        return together ? ends_all : std::vector<bool>();
    }

    Result<void> add_output(const OutputPlan& output, const std::vector<int>& streams, bool is_answer_key) {
        if (!output.phase.empty() && !plan_.clock.seam)
            return fail(ErrorKind::invalid,
                        "A run that does not go live, and has no seam, has one phase only: " + output.phase);
        auto format = components_.format(output);
        if (!format) return std::unexpected(format.error());
        auto stage = EnvelopeStage::make(is_answer_key ? "" : output.envelope, {options_.run, output.options});
        if (!stage) return std::unexpected(stage.error());
        const auto envelope = std::make_shared<const EnvelopeStage>(std::move(*stage));
        std::map<int, std::shared_ptr<const Schema>> schemas;  // of what goes out
        for (int stream : streams) schemas[stream] = envelope->schema_of(schema_of(stream, is_answer_key));
        const IdentityOptions identity = identity_of(output, is_answer_key);
        if (auto prepared = (*format)->prepare(all_schemas(streams, *envelope, is_answer_key), identity); !prepared)
            return prepared;
        std::shared_ptr<const Format> shared = std::move(*format);
        TargetUse use{.run = options_.run, .is_answer_key = is_answer_key};
        const int64_t begins = output.takes(Phase::history) ? plan_.clock.start : *plan_.clock.seam;
        use.age_us = delivery_.time.now() - begins;
        use.gives_up = [&stop = delivery_.stop] { return stop.requested(); };
        for (auto& [stream, schema] : schemas) use.schemas.push_back(schema);
        for (auto& [stream, schema] : schemas) {
            auto target = components_.target(output, *shared, use);
            if (!target) return std::unexpected(target.error());
            const bool takes_messages = target->records != nullptr && target->records->takes_messages();
            for (int one : streams)
                if (auto fits = envelope->check(*plan_.streams[static_cast<size_t>(one)].schema, takes_messages); !fits)
                    return fits;
            FeedEncoding encoding{.format = shared, .identity = identity, .envelope = envelope};
            if (target->rows != nullptr)
                return add_row_lane(output, std::move(encoding), std::move(*target), schemas, is_answer_key);
            if (target->records != nullptr)
                return add_record_lane(output, std::move(encoding), std::move(*target), schemas, is_answer_key);
            auto added =
                add_object_lane(output, std::move(encoding), std::move(*target), stream, schema, is_answer_key);
            if (!added) return added;
        }
        return {};
    }

    /// Refuses a folder such as dt=2026-11-01 beside a field dt: readers take the one for the other.
    static Result<void> check_folders(const Schema& schema, Layout layout, const std::string& folder) {
        const auto is_hidden = [&](const Field& field) {
            const auto names_it = [&](std::string_view segment) {
                const size_t equals = segment.find('=');
                return equals != std::string_view::npos && is_same_but_case(segment.substr(0, equals), field.name);
            };
            return (layout == Layout::hive && names_it("dt=")) || std::ranges::any_of(split(folder, '/'), names_it);
        };
        if (const auto hidden = std::ranges::find_if(schema.fields, is_hidden); hidden != schema.fields.end())
            return fail(ErrorKind::invalid,
                        "Folders " + hidden->name +
                            "=... hide the field of this name from readers; choose another layout, or folders of "
                            "another name such as file:out/$(stream)/day=$(date): " +
                            schema.stream + "." + hidden->name);
        for (const SchemaVersion& later : schema.versions)
            if (auto checked = check_folders(*later.schema, layout, folder); !checked) return checked;
        return {};
    }

    std::shared_ptr<const Schema> schema_of(int stream, bool is_answer_key) const {
        const StreamPlan& plan = plan_.streams[static_cast<size_t>(stream)];
        if (is_answer_key) return answer_key_schema(plan.qualified(), options_.run);
        return plan.outgoing != nullptr ? plan.outgoing->schema() : plan.schema;
    }

    /// Gives every schema that records will have, but for those that faults break.
    std::vector<std::shared_ptr<const Schema>> all_schemas(const std::vector<int>& streams,
                                                           const EnvelopeStage& envelope, bool is_answer_key) const {
        std::vector<std::shared_ptr<const Schema>> all;
        for (int stream : streams) {
            all.push_back(envelope.schema_of(schema_of(stream, is_answer_key)));
            const auto versions = all.back()->versions;
            for (const SchemaVersion& later : versions) all.push_back(later.schema);
        }
        return all;
    }

    bool holds(int stream) const {
        const auto& outgoing = plan_.streams[static_cast<size_t>(stream)].outgoing;
        return outgoing != nullptr && outgoing->holds();
    }

    IdentityOptions identity_of(const OutputPlan& output, bool is_answer_key) const {
        return {.column = !is_answer_key && output.identity == "column", .run = options_.run};
    }

    /// Refuses faults that break the bytes of records, or the shape of some, where `taker` takes columns.
    Result<void> refuse_damage(int stream, bool is_answer_key, const std::string& taker) const {
        const auto& outgoing = plan_.streams[static_cast<size_t>(stream)].outgoing;
        if (outgoing == nullptr || is_answer_key || outgoing->needs_records().empty()) return {};
        return fail(ErrorKind::invalid, "Fault needs " + taker + ": " + outgoing->needs_records());
    }

    void add_lane_of_all(std::unique_ptr<Lane> lane, const OutputPlan& output, const std::string& target,
                         const std::map<int, std::shared_ptr<const Schema>>& schemas, const FeedEncoding& encoding,
                         bool is_answer_key) {
        LaneUse use{.target = target, .output = &output, .is_answer_key = is_answer_key};
        for (auto& [stream, schema] : schemas) {
            use.streams.push_back(stream);
            if (!is_answer_key && holds(stream)) lane->hold(stream);
        }
        add_lane(std::move(lane), std::move(use));
        for (auto& [stream, schema] : schemas) add_feed(stream, encoding, is_answer_key);
    }

    Result<void> add_row_lane(const OutputPlan& output, FeedEncoding encoding, Target target,
                              const std::map<int, std::shared_ptr<const Schema>>& schemas, bool is_answer_key) {
        for (auto& [stream, schema] : schemas) {
            auto refused = refuse_damage(stream, is_answer_key, "a target of records or objects, not " + target.name);
            if (!refused) return refused;
        }
        if (output.compression != "none")
            return fail(ErrorKind::invalid,
                        "Compression needs a target of objects, such as file:out: " + output.compression);
        auto lane = make_row_lane(guard(std::move(target.rows), delivery_, target.name), schemas);
        encoding.as_batches = true;
        add_lane_of_all(std::move(lane), output, target.name, schemas, encoding, is_answer_key);
        return {};
    }

    Result<void> add_record_lane(const OutputPlan& output, FeedEncoding encoding, Target target,
                                 const std::map<int, std::shared_ptr<const Schema>>& schemas, bool is_answer_key) {
        const auto& format = encoding.format;
        if (format->makes_objects())
            return fail(ErrorKind::invalid,
                        "Format needs a target of objects, such as file:out: " + std::string(format->name()));
        if (!target.compresses_records && output.compression != "none")
            return fail(ErrorKind::invalid,
                        "Compression needs a target of objects, such as file:out: " + output.compression);
        auto lane = make_record_lane(guard(std::move(target.records), delivery_, target.name), format, schemas,
                                     encoding.identity);
        encoding.with_keys = lane->wants_keys();
        encoding.with_identity = lane->wants_identity();
        add_lane_of_all(std::move(lane), output, target.name, schemas, encoding, is_answer_key);
        return {};
    }

    Result<void> add_object_lane(const OutputPlan& output, FeedEncoding encoding, Target target, int stream,
                                 std::shared_ptr<const Schema> schema, bool is_answer_key) {
        const auto& format = encoding.format;
        if (format->makes_objects()) {
            auto refused = refuse_damage(
                stream, is_answer_key, "a format of single records, such as json, not " + std::string(format->name()));
            if (!refused) return refused;
        }
        auto layout = layout_of(output.layout.empty() ? "grouped" : output.layout);
        if (!layout)
            return fail(ErrorKind::invalid, "Layout is none of grouped, chunked, single, hive: " + output.layout);
        if (auto checked = check_folders(*schema, *layout, target.folder); !checked) return checked;
        LaneOptions options{
            .layout = *layout, .folder = target.folder, .run = options_.run, .compression = output.compression};
        options.target_size_bytes = output.target_size_bytes;
        options.max_chunk_size_bytes = output.max_chunk_size_bytes;
        options.identity = encoding.identity;
        const StreamPlan& plan = plan_.streams[static_cast<size_t>(stream)];
        options.count_rows = is_answer_key || plan.of_entities || plan.outgoing != nullptr;
        options.start = plan_.clock.start;
        options.part = options_.part;
        options.parts = options_.parts;
        auto lane = make_object_lane(guard(std::move(target.objects), delivery_, target.name), encoding.format, stream,
                                     schema, options);
        if (!lane) return std::unexpected(lane.error());
        if (!is_answer_key && holds(stream)) (*lane)->hold(stream);
        encoding.as_batches = (*lane)->wants_batches();
        encoding.with_keys = (*lane)->wants_keys();
        add_lane(std::move(*lane), {.target = target.name,
                                    .root = target.root,
                                    .output = &output,
                                    .is_answer_key = is_answer_key,
                                    .keeps_objects = target.keeps_objects,
                                    .hides_notes = target.hides_notes,
                                    .streams = {stream}});
        add_feed(stream, std::move(encoding), is_answer_key);
        return {};
    }

    void add_lane(std::unique_ptr<Lane> lane, LaneUse use) {
        wiring_.lanes.push_back(std::move(lane));
        wiring_.uses.push_back(std::move(use));
    }

    /// Leads a stream to the lane made last.
    void add_feed(int stream, FeedEncoding encoding, bool is_answer_key) {
        auto [source, source_stream] = wiring_.source_of.at(stream);
        SourceRun& run = wiring_.sources[static_cast<size_t>(source)];
        int lane = static_cast<int>(wiring_.lanes.size()) - 1;
        const bool has_owners = is_answer_key || plan_.streams[static_cast<size_t>(stream)].outgoing != nullptr;
        run.feeds.push_back({stream, source_stream, lane, is_answer_key, has_owners, schema_of(stream, is_answer_key)});
        for (const Phase phase : {Phase::history, Phase::live})
            run.feeds.back().takes[static_cast<size_t>(phase)] = wiring_.uses.back().output->takes(phase);
        run.encodings.push_back(std::move(encoding));
    }

    const Plan& plan_;
    const WiringOptions& options_;
    const Components& components_;
    const Delivery& delivery_;
    Wiring wiring_;
};

}  // namespace

Result<Wiring> wire(const Plan& plan, const WiringOptions& options, const Components& components,
                    const Delivery& delivery) {
    return Wirer(plan, options, components, delivery).wire();
}

int64_t count_of(const Plan& plan, int stream) {
    auto asked = plan.counts.find(stream);
    int64_t own = plan.streams[static_cast<size_t>(stream)].count.value_or(INT64_MAX);
    return asked == plan.counts.end() ? own : std::min(own, asked->second);
}

}  // namespace headwater
