// For the lane to a target of objects: it cuts the records of one stream into objects, by layout, names and sizes.
#include <algorithm>
#include <numeric>
#include <span>
#include <unordered_set>
#include <utility>

#include "base/check.h"
#include "engine/lane.h"
#include "engine/object_name.h"
#include "sink/compress.h"

namespace headwater {
namespace {

/// Objects of one lane that may be unfinished at once: late records go to the day they belong to, but not without bound.
constexpr size_t open_limit = 4;

/// Rows of an object at whose multiples a hive object of columns may end; a measure of every row would cost too much.
constexpr uint64_t size_grain_rows = 8192;

/// Which records may share an object.
struct Shelf {
    int64_t period = 0;
    int32_t version = 0;  ///< of their schema; 0 where it does not matter

    auto operator<=>(const Shelf&) const = default;
    /// Gives the one number that checkpoints know it by.
    int64_t number() const { return period * (1 << 16) + version; }
};

/// One object while it is written.
struct OpenObject {
    Shelf shelf;
    std::unique_ptr<ObjectWriter> writer;
    std::unique_ptr<ObjectEncoder> encoder;  ///< formats of objects; after `writer`, which it writes to
    ObjectEntry entry;
    uint64_t size = 0;     ///< uncompressed bytes so far, or their bound
    int64_t first = 0;     ///< first row, as the lane counts
    int64_t last = 0;      ///< last row
    uint64_t touched = 0;  ///< when it was last used, by count
    Mark mark;             ///< where the first row stands among the stream's records
};

/// Records on their way into objects: encoded, or as rows of columns.
struct Cargo {
    const Payload* payload = nullptr;
    const Batch* batch = nullptr;
    size_t count = 0;
    int64_t first_row = 0;
    std::span<const int64_t> numbers;  ///< empty where they follow each other from `first_row`
    std::span<const int64_t> times;    ///< empty where there are none
    const Payload* keys = nullptr;

    /// Gives the bytes of encoded records [from, to).
    std::string_view bytes(size_t from, size_t to) const {
        const uint32_t start = from == 0 ? 0 : payload->ends[from - 1];
        return std::string_view(payload->bytes).substr(start, payload->ends[to - 1] - start);
    }
    int32_t version(size_t i) const { return payload != nullptr ? payload->versions[i] : batch->schema->version; }
    int64_t number(size_t i) const { return numbers.empty() ? first_row + static_cast<int64_t>(i) : numbers[i]; }
    /// Gives the key of record `i`, or nothing when records have none.
    std::string_view key(size_t i) const {
        if (i >= keys->key_ends.size()) return "";
        const uint32_t start = i == 0 ? 0 : keys->key_ends[i - 1];
        return std::string_view(keys->key_bytes).substr(start, keys->key_ends[i] - start);
    }
};

void count(Tally& tally, const ObjectEntry& entry) {
    tally.first_row = tally.rows == 0 ? entry.first_row : std::min(tally.first_row, entry.first_row);
    tally.last_row = std::max(tally.last_row, entry.last_row);
    tally.rows += static_cast<int64_t>(entry.rows);
    tally.bytes += entry.raw_bytes;
    tally.min_time = std::min(tally.min_time, entry.min_time);
    tally.max_time = std::max(tally.max_time, entry.max_time);
    for (const auto& [version, rows] : entry.versions) tally.versions[version] += rows;
}

/// The bytes and names of the objects depend on the records alone, never on the borders of payloads and batches. After an
/// error, or without close(), what was not finished leaves nothing visible behind.
class ObjectLane final : public Lane {
  public:
    ObjectLane(std::unique_ptr<ObjectSink> sink, std::shared_ptr<const Format> format, int stream,
               std::shared_ptr<const Schema> schema, const LaneOptions& options, const std::string& ending)
        : sink_(std::move(sink)),
          format_(std::move(format)),
          stream_(stream),
          schema_(std::move(schema)),
          options_(options),
          names_(*schema_, options_, ending),
          has_versions_(!schema_->versions.empty()),
          cuts_versions_(has_versions_ && !format_->mixes_schemas()) {}

    Result<void> open() override { return sink_->open(); }
    std::vector<MadeThing> take_made() override { return sink_->take_made(); }
    Result<std::string> unmake(const MadeThing& thing, const std::map<std::string, int64_t>&) override {
        return sink_->unmake(thing);
    }
    Result<std::optional<std::string>> read(const std::string& name) override { return sink_->read(name); }
    Result<void> remove(const std::string& name) override { return sink_->remove(name); }
    std::vector<ObjectEntry> take_entries() override { return std::exchange(entries_, {}); }
    bool wants_batches() const override { return format_->makes_objects(); }
    bool wants_keys() const override { return options_.layout == Layout::single && !schema_->key.empty(); }

    Result<int64_t> remove_objects(const std::set<std::string>* names) override {
        auto found = sink_->recover(names_.prefix(), names_.ending());
        if (!found) return std::unexpected(found.error());
        int64_t removed = 0;
        for (const std::string& name : *found) {
            if (names != nullptr && !names->contains(name)) continue;
            if (auto gone = sink_->remove(name); !gone) return std::unexpected(gone.error());
            ++removed;
        }
        return removed;
    }

    Result<void> close() override {
        std::ranges::sort(open_, {}, &OpenObject::shelf);
        if (rows_ == 0 && options_.layout != Layout::single && frames_objects())
            if (auto begun = begin_empty(); !begun) return begun;
        while (!open_.empty())
            if (auto done = finish(open_.front(), ""); !done) return done;
        return sink_->flush();
    }

    /// Durable are the rows in front of the oldest object that is not finished.
    Result<LaneState> checkpoint() override {
        LaneState state;
        state.entries = take_entries();
        if (auto flushed = sink_->flush(); !flushed) return std::unexpected(flushed.error());
        state.marks = reached_;
        state.rows = static_cast<int64_t>(rows_);
        if (const auto oldest = std::ranges::min_element(open_, {}, &OpenObject::first); oldest != open_.end()) {
            state.rows = oldest->first;
            state.marks[stream_] = oldest->mark;
        }
        std::erase_if(ends_, [&](const auto& end) { return end.second < state.rows; });
        state.ends.assign(ends_.begin(), ends_.end());
        add_feeds(state);
        return state;
    }

    /// Gives up what was left unfinished, and removes finished objects that the state does not name where these records
    /// cannot be made again in the same order.
    Result<void> resume(const LaneState& state) override {
        resume_at(state);
        rows_ = static_cast<uint64_t>(state.rows);
        ends_ = {state.ends.begin(), state.ends.end()};
        std::unordered_set<std::string> finished;
        for (const ObjectEntry& entry : state.entries) {
            count(tallies_[stream_], entry);
            names_.remember(entry.name);
            finished.insert(entry.name);
        }
        auto found = sink_->recover(names_.prefix(), names_.ending());
        if (!found) return std::unexpected(found.error());
        // Records in order of rows are cut into the same objects again, which then replace those that are there.
        if (!options_.count_rows && !has_shelves()) return {};
        for (const std::string& name : *found) {
            if (finished.contains(name)) continue;
            if (auto removed = sink_->remove(name); !removed) return removed;
        }
        return {};
    }

  protected:
    Result<void> deliver(int, const Parcel& parcel) override {
        delivered_ = &parcel;
        delivered_from_ = rows_;
        if (!parcel.payload.ends.empty())
            if (auto added = append(cargo_of(parcel.payload)); !added) return added;
        for (size_t i = 0; i < parcel.batches.size(); ++i)
            if (auto added = append(cargo_of(parcel.batches.at(i))); !added) return added;
        return {};
    }

  private:
    /// Records up to `end` belong to the object; `cut` says that it is then full.
    struct Slice {
        size_t end;
        bool cut;
    };

    static Cargo cargo_of(const Payload& payload) {
        Cargo cargo{.payload = &payload, .count = payload.ends.size(), .first_row = payload.first_row};
        cargo.times = payload.times;
        cargo.keys = &payload;
        return cargo;
    }

    Cargo cargo_of(const Batch& batch) {
        order_.resize(batch.rows);
        if (batch.order == nullptr)
            std::iota(order_.begin(), order_.end(), 0U);
        else
            std::copy_n(batch.order, batch.rows, order_.begin());
        const auto in_order = [this](std::vector<int64_t>& values, const auto& value_of) {
            values.resize(order_.size());
            std::ranges::transform(order_, values.begin(), value_of);
        };
        in_order(numbers_, [&](uint32_t row) {
            return batch.row_numbers != nullptr ? batch.row_numbers[row] : batch.first_row + row;
        });
        times_.clear();
        if (batch.times != nullptr) in_order(times_, [&](uint32_t row) { return batch.times[row]; });
        keys_.clear();
        if (wants_keys()) append_keys(batch, has_versions_ ? *batch.schema : *schema_, keys_);
        weights_.clear();
        slice_ = batch;
        slice_.labels.clear();
        return {.batch = &batch, .count = batch.rows, .numbers = numbers_, .times = times_, .keys = &keys_};
    }

    Result<void> append(const Cargo& cargo) {
        HW_CHECK(!names_.by_period() || cargo.times.size() == cargo.count);
        for (size_t i = 0; i < cargo.count;) {
            const Shelf shelf = shelf_at(cargo, i);
            if (is_finished(shelf)) {
                ++rows_;
                ++i;
                continue;
            }
            auto object = object_of(shelf, number_of(cargo, i));
            if (!object) return std::unexpected(object.error());
            if (options_.layout == Layout::chunked && cargo.batch != nullptr && weights_.empty())
                (*object)->encoder->weigh(*cargo.batch, weights_);
            const Slice slice = slice_from(cargo, i, **object);
            if (slice.end > i) {
                note(cargo, i, slice.end, **object);
                auto written = cargo.batch != nullptr ? add(*cargo.batch, i, slice.end, **object)
                                                      : write(cargo, i, slice.end, **object);
                if (!written) return written;
            }
            if (slice.cut || is_full(**object))
                if (auto done = finish(**object, cargo.key(i)); !done) return done;
            i = slice.end;
        }
        return {};
    }

    /// Gives the number of record `i`, which is the next one.
    int64_t number_of(const Cargo& cargo, size_t i) const {
        return options_.count_rows ? static_cast<int64_t>(rows_) : cargo.number(i);
    }

    /// True when records of the lane may not all share an object.
    bool has_shelves() const { return names_.by_period() || cuts_versions_; }

    Shelf shelf_at(const Cargo& cargo, size_t i) const {
        return {names_.by_period() ? names_.period_of(cargo.times[i]) : 0, cuts_versions_ ? cargo.version(i) : 0};
    }

    /// Finds how many records from `i` on go into the object. Looks at records alone, so that borders of payloads and batches
    /// do not count.
    Slice slice_from(const Cargo& cargo, size_t i, const OpenObject& object) {
        if (options_.layout == Layout::single) return {i + 1, true};
        if (options_.layout == Layout::grouped && !has_shelves()) return {cargo.count, false};
        const bool is_encoded = cargo.payload != nullptr;
        const bool by_size = options_.layout == Layout::hive && is_encoded;
        const bool by_bound = options_.layout == Layout::chunked;
        size_t end = cargo.count;
        if (options_.layout == Layout::hive && !is_encoded)
            end = std::min(end, i + size_grain_rows - object.entry.rows % size_grain_rows);
        const RecordEncoder* const encoder = is_encoded ? &encoder_of(object.shelf.version) : nullptr;
        const uint64_t between = is_encoded ? encoder->between().size() : 0;
        const uint64_t tail = is_encoded ? encoder->tail().size() : 0;
        uint64_t size = object.size;
        uint64_t rows = object.entry.rows;
        for (size_t j = i; j < end; ++j) {
            if (has_shelves() && shelf_at(cargo, j) != object.shelf) return {j, false};
            if (!by_size && !by_bound) continue;
            size += (is_encoded ? cargo.bytes(j, j + 1).size() : weights_[j]) + (rows == 0 ? 0 : between);
            if (by_bound && rows > 0 && size + tail > options_.max_chunk_size_bytes) return {j, true};
            ++rows;
            if (by_size && size + tail >= options_.target_size_bytes) return {j + 1, true};
        }
        return {end, false};
    }

    bool is_full(const OpenObject& object) const {
        return options_.layout == Layout::hive && object.encoder != nullptr &&
               object.entry.rows % size_grain_rows == 0 && object.encoder->size_bytes() >= options_.target_size_bytes;
    }

    /// True when the next row lies in an object that an earlier process finished.
    bool is_finished(const Shelf& shelf) const {
        if (ends_.empty() || !has_shelves()) return false;
        auto end = ends_.find(shelf.number());
        return end != ends_.end() && static_cast<int64_t>(rows_) <= end->second;
    }

    /// Gives the open object of a shelf, or starts it with a record of number `row`.
    Result<OpenObject*> object_of(const Shelf& shelf, int64_t row) {
        ++touches_;
        for (OpenObject& object : open_) {
            if (object.shelf != shelf) continue;
            object.touched = touches_;
            return &object;
        }
        if (open_.size() == open_limit) {
            auto done = finish(*std::ranges::min_element(open_, {}, &OpenObject::touched), "");
            if (!done) return std::unexpected(done.error());
        }
        OpenObject object;
        object.shelf = shelf;
        object.touched = touches_;
        object.first = static_cast<int64_t>(rows_);
        object.mark = delivered_->mark_of(static_cast<int64_t>(rows_ - delivered_from_));
        auto writer = sink_->create(names_.hint(shelf.period, row));
        if (!writer) return std::unexpected(writer.error());
        object.writer = std::move(*writer);
        if (auto begun = begin(object); !begun) return std::unexpected(begun.error());
        open_.push_back(std::move(object));
        return &open_.back();
    }

    /// True when an object says something without records: a head, a schema.
    bool frames_objects() {
        if (format_->makes_objects()) return true;
        const RecordEncoder& encoder = encoder_of(schema_->version);
        return !encoder.head().empty() || !encoder.tail().empty();
    }

    /// Opens an object for a stream that has no records.
    Result<void> begin_empty() {
        OpenObject object;
        object.shelf = {names_.by_period() ? names_.period_of(options_.start) : 0,
                        cuts_versions_ ? schema_->version : 0};
        auto writer = sink_->create(names_.hint(object.shelf.period, 0));
        if (!writer) return std::unexpected(writer.error());
        object.writer = std::move(*writer);
        if (auto begun = begin(object); !begun) return begun;
        open_.push_back(std::move(object));
        return {};
    }

    /// Makes the stored side of a new object.
    Result<void> begin(OpenObject& object) {
        if (format_->makes_objects()) {
            ObjectWriter* const writer = object.writer.get();
            auto encoder = format_->object_encoder(*schema_of(object.shelf.version), options_.identity,
                                                   [writer](std::string_view bytes) { return writer->write(bytes); });
            if (!encoder) return std::unexpected(encoder.error());
            object.encoder = std::move(*encoder);
            object.size = object.encoder->overhead_bytes();
            return {};
        }
        auto compressor = make_compressor(options_.compression, options_.compression_level);
        if (!compressor) return std::unexpected(compressor.error());
        if (*compressor != nullptr)
            object.writer = make_compressing_writer(std::move(*compressor), std::move(object.writer));
        return write_text(encoder_of(object.shelf.version).head(), object);
    }

    static Result<void> write_text(std::string_view text, OpenObject& object) {
        object.size += text.size();
        return text.empty() ? Result<void>{} : object.writer->write(text);
    }

    /// Counts records that go into an object.
    void note(const Cargo& cargo, size_t from, size_t to, OpenObject& object) {
        ObjectEntry& entry = object.entry;
        const bool is_first = entry.rows == 0;
        int64_t low = number_of(cargo, from), high = low + static_cast<int64_t>(to - from) - 1;
        if (!options_.count_rows && !cargo.numbers.empty()) {
            const auto range = std::ranges::minmax(cargo.numbers.subspan(from, to - from));
            low = range.min;
            high = range.max;
        }
        entry.first_row = is_first ? low : std::min(entry.first_row, low);
        entry.last_row = is_first ? high : std::max(entry.last_row, high);
        if (!cargo.times.empty()) {
            const auto times = std::ranges::minmax(cargo.times.subspan(from, to - from));
            entry.min_time = is_first ? times.min : std::min(entry.min_time, times.min);
            entry.max_time = is_first ? times.max : std::max(entry.max_time, times.max);
        }
        for (size_t i = from; i < to && has_versions_; ++i) ++entry.versions[cargo.version(i)];
        entry.rows += to - from;
        rows_ += to - from;
        object.last = static_cast<int64_t>(rows_) - 1;
    }

    /// Writes encoded records, which are noted already, with what stands between them.
    Result<void> write(const Cargo& cargo, size_t from, size_t to, OpenObject& object) {
        const std::string_view between = encoder_of(object.shelf.version).between();
        if (between.empty()) return write_text(cargo.bytes(from, to), object);
        joined_.clear();
        for (size_t i = from; i < to; ++i) {
            if (object.entry.rows > to - from || i > from) joined_ += between;
            joined_ += cargo.bytes(i, i + 1);
        }
        return write_text(joined_, object);
    }

    /// Adds rows to an object of columns.
    Result<void> add(const Batch& batch, size_t from, size_t to, OpenObject& object) {
        for (size_t i = from; i < to && !weights_.empty(); ++i) object.size += weights_[i];
        if (to - from == batch.rows) return object.encoder->add(batch);
        slice_.order = order_.data() + from;
        slice_.rows = static_cast<uint32_t>(to - from);
        return object.encoder->add(slice_);
    }

    /// Finishes an open object under its final name; `key` names the object of a single record.
    Result<void> finish(OpenObject& object, std::string_view key) {
        auto ended = object.encoder != nullptr ? object.encoder->finish()
                                               : write_text(encoder_of(object.shelf.version).tail(), object);
        if (!ended) return ended;
        ObjectEntry& entry = object.entry;
        const bool is_empty = entry.rows == 0;
        if (is_empty) entry.min_time = entry.max_time = options_.start;
        const std::string name = is_empty ? names_.name_of_none(object.shelf.period)
                                 : options_.layout == Layout::single
                                     ? names_.name_of_key(object.shelf.period, key, entry.first_row)
                                     : names_.name(object.shelf.period, entry.first_row, entry.last_row);
        auto receipt = object.writer->finish(name);
        if (!receipt) return std::unexpected(receipt.error());
        entry.name = std::move(receipt->name);
        entry.bytes = receipt->bytes;
        entry.sha256 = std::move(receipt->sha256);
        entry.stream = schema_->stream;
        entry.format = format_->name();
        entry.compression = options_.compression;
        entry.raw_bytes = object.encoder != nullptr ? entry.bytes : object.size;
        if (has_shelves() && !is_empty) {
            int64_t& end = ends_[object.shelf.number()];
            end = std::max(end, object.last);
        }
        if (!is_empty) count(tallies_[stream_], entry);
        entries_.push_back(std::move(entry));
        open_.erase(open_.begin() + (&object - open_.data()));
        return {};
    }

    /// Gives a version of the schema by its number.
    std::shared_ptr<const Schema> schema_of(int32_t version) const {
        for (const SchemaVersion& later : schema_->versions)
            if (later.schema->version == version) return later.schema;
        return schema_;
    }

    /// Gives the encoder of a version of the schema, which knows what stands around and between its records.
    RecordEncoder& encoder_of(int32_t version) {
        auto& encoder = encoders_[has_versions_ ? version : 0];
        if (encoder == nullptr) encoder = format_->record_encoder(*schema_of(version), options_.identity);
        return *encoder;
    }

    std::unique_ptr<ObjectSink> sink_;
    std::shared_ptr<const Format> format_;
    int stream_;
    std::shared_ptr<const Schema> schema_;
    LaneOptions options_;
    ObjectNames names_;
    bool has_versions_;
    bool cuts_versions_;  ///< an object holds records of one version
    std::vector<OpenObject> open_;
    std::vector<ObjectEntry> entries_;  ///< finished, not taken
    std::map<int64_t, int64_t> ends_;   ///< by number of a shelf: the last row in a finished object
    uint64_t rows_ = 0;                 ///< appended, and those in front of the first one
    uint64_t touches_ = 0;
    const Parcel* delivered_ = nullptr;                           ///< the parcel that is being appended
    uint64_t delivered_from_ = 0;                                 ///< rows in front of it
    std::map<int32_t, std::unique_ptr<RecordEncoder>> encoders_;  ///< of formats of records, by version of the schema
    std::string joined_;
    // What is known of the batch that is being appended.
    std::vector<uint32_t> order_;
    std::vector<int64_t> numbers_, times_;
    std::vector<uint64_t> weights_;  ///< where objects are cut by them
    Payload keys_;
    Batch slice_;
};

Result<void> check_options(const LaneOptions& options) {
    if (options.run.empty()) return fail(ErrorKind::invalid, "Objects need the name of a run in their names");
    if (options.layout == Layout::chunked && options.max_chunk_size_bytes == 0)
        return fail(ErrorKind::invalid, "max_chunk_size must be at least 1 byte: 0");
    if (options.layout == Layout::hive && options.target_size_bytes == 0)
        return fail(ErrorKind::invalid, "target_size must be at least 1 byte: 0");
    return {};
}

}  // namespace

Result<std::unique_ptr<Lane>> make_object_lane(std::unique_ptr<ObjectSink> sink, std::shared_ptr<const Format> format,
                                               int stream, std::shared_ptr<const Schema> schema,
                                               const LaneOptions& options) {
    if (auto checked = check_options(options); !checked) return std::unexpected(checked.error());
    std::string ending(format->extension());
    if (!format->makes_objects()) {
        const auto compressor = make_compressor(options.compression, options.compression_level);
        if (!compressor) return std::unexpected(compressor.error());
        if (*compressor != nullptr) ending += (*compressor)->extension();
    }
    return std::make_unique<ObjectLane>(std::move(sink), std::move(format), stream, std::move(schema), options, ending);
}

}  // namespace headwater
