// For making the records of one task: the source fills batches, encoders turn them into parcels.
#include "engine/filler.h"

#include "engine/outgoing_feed.h"
#include "engine/version_runs.h"

namespace headwater {

namespace {

/// Encodes the batches of one feed into a parcel.
class FeedEncoder {
  public:
    FeedEncoder(const Feed& feed, const FeedEncoding& encoding, std::shared_ptr<const Schema> stream,
                const std::shared_ptr<const OutgoingStream>& faults) {
        if (feed.is_answer_key) {
            std::vector<std::string> names;
            if (faults != nullptr)
                for (const FaultPlan& fault : faults->plans()) names.push_back(fault.name);
            answer_key_ = std::make_unique<AnswerKey>(std::move(stream), feed.schema, std::move(names));
        } else if (faults != nullptr) {
            outgoing_ = std::make_unique<OutgoingFeed>(faults, encoding);
            return;
        }
        records_ = std::make_unique<RecordMaker>(feed.schema, feed.schema, encoding);
    }

    /// Adds a batch of the stream as it was generated, whose schema has a version, and what became of it where it does not go
    /// out as it is; `before` counts the stream's records of the task so far.
    void add(const Batch& batch, uint32_t version, const OutgoingBatch* outgoing, int64_t before, Parcel& parcel) {
        static const std::vector<Hit> no_hits;
        if (answer_key_ == nullptr && outgoing == nullptr) return records_->add(batch, false, parcel);
        if (answer_key_ == nullptr) return outgoing_->add(*outgoing, version, before, parcel);
        answer_key_->describe(batch, outgoing == nullptr ? no_hits : outgoing->hits(),
                              [&](Batch& rows, const std::vector<uint32_t>& owners) {
                                  records_->add(rows, false, parcel);
                                  for (uint32_t owner : owners)
                                      parcel.owners.push_back(static_cast<uint32_t>(before) + owner);
                              });
    }

  private:
    std::unique_ptr<RecordMaker> records_;
    std::unique_ptr<AnswerKey> answer_key_;
    std::unique_ptr<OutgoingFeed> outgoing_;
};

}  // namespace

struct Filler::Memory {
    std::unique_ptr<Scratch> scratch;
    std::vector<FeedEncoder> encoders;          ///< by feed
    std::vector<std::vector<size_t>> feeds_of;  ///< by stream of the source
    std::vector<std::vector<OutgoingBatch>>
        outgoing;  ///< by stream of the source, then version; none: goes out as it is made
    VersionRuns runs;
};

Filler::Filler(const std::vector<SourceRun>& sources) : sources_(sources), memories_(sources.size()) {}
Filler::~Filler() = default;

Filler::Memory& Filler::memory(int source) {
    auto& memory = memories_[static_cast<size_t>(source)];
    if (memory != nullptr) return *memory;
    const SourceRun& run = sources_[static_cast<size_t>(source)];
    memory = std::make_unique<Memory>();
    memory->scratch = run.source->scratch();
    memory->feeds_of.resize(run.streams.size());
    memory->encoders.reserve(run.feeds.size());
    for (size_t i = 0; i < run.feeds.size(); ++i) {
        auto stream = static_cast<size_t>(run.feeds[i].source_stream);
        memory->encoders.emplace_back(run.feeds[i], run.encodings[i], run.source->schemas()[stream],
                                      run.faults[stream]);
        memory->feeds_of[stream].push_back(i);
    }
    for (const auto& faults : run.faults) {
        auto& outgoing = memory->outgoing.emplace_back();
        const uint32_t versions = faults == nullptr ? 0 : faults->versions();
        outgoing.reserve(versions);
        for (uint32_t i = 0; i < versions; ++i)
            outgoing.emplace_back(faults->version(i).schema(), faults->version(i).edited());
    }
    return *memory;
}

void Filler::fill(Job& job) {
    const SourceRun& run = sources_[static_cast<size_t>(job.source)];
    Memory& own = memory(job.source);
    job.rows.assign(run.streams.size(), 0);
    job.hits.clear();
    job.places.resize(run.ends_all.size());
    for (auto& places : job.places) places.clear();
    run.source->fill(job.task, *own.scratch, [&](int stream, Batch& batch) {
        const auto place = static_cast<size_t>(stream);
        int64_t& rows = job.rows[place];
        const auto add = [&](uint32_t version, const Batch& made, const OutgoingBatch* outgoing, int64_t before) {
            for (size_t feed : own.feeds_of[place])
                own.encoders[feed].add(made, version, outgoing, before, job.parcels[feed]);
        };
        if (own.outgoing[place].empty()) {
            add(0, batch, nullptr, rows);
        } else {
            own.runs.cut(*run.faults[place], batch, [&](uint32_t version, const Batch& made, uint32_t before) {
                OutgoingBatch& outgoing = own.outgoing[place][version];
                run.faults[place]->version(version).strike(made, outgoing);
                const int64_t first = rows + before;
                for (const Hit& hit : outgoing.hits())
                    job.hits.push_back({stream, hit.fault, static_cast<uint32_t>(first) + hit.place});
                add(version, made, &outgoing, first);
            });
        }
        if (!job.places.empty())
            for (uint32_t row = 0; row < batch.rows; ++row)
                job.places[place].push_back({batch.times[row], batch.entities[row], batch.row_numbers[row]});
        rows += batch.rows;
    });
    job.bytes = 0;
    for (const Parcel& parcel : job.parcels) job.bytes += parcel.bytes();
}

}  // namespace headwater
