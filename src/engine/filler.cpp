// For making the records of one task: the source fills batches, encoders turn them into parcels.
#include "engine/filler.h"

#include "engine/objects.h"

namespace headwater {

namespace {

/// Encodes the batches of one feed into a parcel.
class FeedEncoder {
  public:
    FeedEncoder(const Feed& feed, const FeedEncoding& encoding, std::shared_ptr<const Schema> stream)
        : feed_(feed), encoding_(encoding) {
        if (!encoding.as_batches) encoder_ = encoding.format->record_encoder(*feed.schema, encoding.identity);
        if (feed.is_answer_key) answer_key_ = std::make_unique<AnswerKey>(std::move(stream), feed.schema);
    }

    /// Adds a batch of the stream; `before` counts the stream's records of the task so far.
    void add(const Batch& batch, int64_t before, Parcel& parcel) {
        if (answer_key_ == nullptr) return encode(batch, parcel);
        answer_key_->describe(batch, [&](Batch& rows, const std::vector<uint32_t>& owners) {
            encode(rows, parcel);
            for (uint32_t owner : owners) parcel.owners.push_back(static_cast<uint32_t>(before) + owner);
        });
    }

  private:
    void encode(const Batch& batch, Parcel& parcel) {
        if (encoding_.as_batches) return parcel.batches.append(batch);
        Payload& payload = parcel.payload;
        if (payload.ends.empty()) payload.first_row = batch.first_row;
        int64_t first_row = payload.first_row;
        encoder_->encode(batch, payload);
        payload.first_row = first_row;
        payload.rows = static_cast<uint32_t>(payload.ends.size());
        payload.line_end_bytes = encoder_->line_end_bytes();
        if (encoding_.with_keys) append_keys(batch, *feed_.schema, payload);
        if (encoding_.with_identity) append_identity(batch, payload);
    }

    const Feed& feed_;
    const FeedEncoding& encoding_;
    std::unique_ptr<RecordEncoder> encoder_;
    std::unique_ptr<AnswerKey> answer_key_;
};

}  // namespace

struct Filler::Memory {
    std::unique_ptr<Scratch> scratch;
    std::vector<FeedEncoder> encoders;          ///< by feed
    std::vector<std::vector<size_t>> feeds_of;  ///< by stream of the source
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
        memory->encoders.emplace_back(run.feeds[i], run.encodings[i], run.source->schemas()[stream]);
        memory->feeds_of[stream].push_back(i);
    }
    return *memory;
}

void Filler::fill(Job& job) {
    const SourceRun& run = sources_[static_cast<size_t>(job.source)];
    Memory& own = memory(job.source);
    job.rows.assign(run.streams.size(), 0);
    run.source->fill(job.task, *own.scratch, [&](int stream, Batch& batch) {
        int64_t& rows = job.rows[static_cast<size_t>(stream)];
        for (size_t feed : own.feeds_of[static_cast<size_t>(stream)])
            own.encoders[feed].add(batch, rows, job.parcels[feed]);
        rows += batch.rows;
    });
    job.bytes = 0;
    for (const Parcel& parcel : job.parcels) job.bytes += parcel.bytes();
}

}  // namespace headwater
