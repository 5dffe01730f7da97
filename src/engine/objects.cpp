// For lanes: one that cuts encoded records into objects, one that feeds rows to a format of whole objects.
#include "engine/objects.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <unordered_set>

#include "base/check.h"
#include "data/print.h"
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

    void count(int64_t row) {
        entry.first_row = entry.rows == 0 ? row : std::min(entry.first_row, row);
        entry.last_row = entry.rows == 0 ? row : std::max(entry.last_row, row);
    }
    void count_time(int64_t time) {
        entry.min_time = entry.rows == 0 ? time : std::min(entry.min_time, time);
        entry.max_time = entry.rows == 0 ? time : std::max(entry.max_time, time);
    }
};

/// What both lanes share: the open objects, their names, their entries.
class BaseLane : public ObjectLane {
  public:
    BaseLane(ObjectSink& sink, const Format& format, std::shared_ptr<const Schema> schema, LaneOptions options,
             const std::string& ending)
        : sink_(sink),
          format_(format),
          schema_(std::move(schema)),
          options_(std::move(options)),
          names_(*schema_, options_, ending),
          has_versions_(!schema_->versions.empty()),
          cuts_versions_(has_versions_ && !format.mixes_schemas()) {}

    bool wants_keys() const override { return options_.layout == Layout::single && !schema_->key.empty(); }

    Result<std::vector<ObjectEntry>> close() override {
        std::ranges::sort(open_, {}, &OpenObject::shelf);
        while (!open_.empty()) {
            if (auto done = finish(open_.front(), ""); !done) return std::unexpected(done.error());
        }
        return take_entries();
    }

    std::vector<ObjectEntry> take_entries() override { return std::exchange(entries_, {}); }
    uint64_t rows() const override { return rows_; }
    std::string prefix() const override { return names_.prefix(); }
    std::string ending() const override { return names_.ending(); }

    std::vector<int64_t> open_rows() const override {
        std::vector<int64_t> rows;
        for (const OpenObject& object : open_) rows.push_back(object.first);
        return rows;
    }

    std::map<int64_t, int64_t> ends_behind(int64_t from) override {
        std::erase_if(ends_, [from](const auto& end) { return end.second < from; });
        return ends_;
    }

    Result<void> resume(const ObjectLaneState& state) override {
        rows_ = static_cast<uint64_t>(state.rows);
        ends_ = state.ends;
        std::unordered_set<std::string> finished;
        for (const ObjectEntry& entry : state.entries) {
            names_.remember(entry.name);
            finished.insert(entry.name);
        }
        auto found = sink_.recover(names_.prefix(), names_.ending());
        if (!found) return std::unexpected(found.error());
        // Records in order of rows are cut into the same objects again, which then replace those that are there.
        if (!options_.count_rows && !has_shelves()) return {};
        for (const std::string& name : *found) {
            if (finished.contains(name)) continue;
            if (auto removed = sink_.remove(name); !removed) return removed;
        }
        return {};
    }

  protected:
    /// Makes the stored side of a new object.
    virtual Result<void> begin(OpenObject& object) = 0;
    /// Writes what ends an object.
    virtual Result<void> end(OpenObject& object) = 0;

    /// True when records of the lane may not all share an object.
    bool has_shelves() const { return names_.by_period() || cuts_versions_; }

    /// Gives the shelf of a record; `version` is that of its schema.
    Shelf shelf_of(int64_t time, int32_t version) const {
        return {names_.by_period() ? names_.period_of(time) : 0, cuts_versions_ ? version : 0};
    }

    /// Gives a version of the schema by its number.
    std::shared_ptr<const Schema> schema_of(int32_t version) const {
        for (const SchemaVersion& later : schema_->versions)
            if (later.schema->version == version) return later.schema;
        return schema_;
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
            if (auto done = finish(*std::ranges::min_element(open_, {}, &OpenObject::touched), ""); !done) {
                return std::unexpected(done.error());
            }
        }
        OpenObject object;
        object.shelf = shelf;
        object.touched = touches_;
        object.first = static_cast<int64_t>(rows_);
        auto writer = sink_.create(names_.hint(shelf.period, row));
        if (!writer) return std::unexpected(writer.error());
        object.writer = std::move(*writer);
        if (auto begun = begin(object); !begun) return std::unexpected(begun.error());
        open_.push_back(std::move(object));
        return &open_.back();
    }

    /// Finishes an open object under its final name; `key` names the object of a single record.
    Result<void> finish(OpenObject& object, std::string_view key) {
        if (auto ended = end(object); !ended) return ended;
        ObjectEntry& entry = object.entry;
        const std::string name = options_.layout == Layout::single
                                     ? names_.name_of_key(object.shelf.period, key, entry.first_row)
                                     : names_.name(object.shelf.period, entry.first_row, entry.last_row);
        auto receipt = object.writer->finish(name);
        if (!receipt) return std::unexpected(receipt.error());
        entry.name = std::move(receipt->name);
        entry.bytes = receipt->bytes;
        entry.sha256 = std::move(receipt->sha256);
        entry.stream = schema_->stream;
        entry.format = format_.name();
        entry.compression = options_.compression;
        entry.raw_bytes = object.encoder != nullptr ? entry.bytes : object.size;
        if (has_shelves()) {
            int64_t& end = ends_[object.shelf.number()];
            end = std::max(end, object.last);
        }
        entries_.push_back(std::move(entry));
        open_.erase(open_.begin() + (&object - open_.data()));
        return {};
    }

    /// True when the next row lies in an object that an earlier process finished.
    bool is_finished(const Shelf& shelf) const {
        if (ends_.empty() || !has_shelves()) return false;
        auto end = ends_.find(shelf.number());
        return end != ends_.end() && static_cast<int64_t>(rows_) <= end->second;
    }

    /// Gives the key of record `i`, or nothing when records have none.
    static std::string_view key_at(const Payload& payload, size_t i) {
        if (i >= payload.key_ends.size()) return "";
        const uint32_t start = i == 0 ? 0 : payload.key_ends[i - 1];
        return std::string_view(payload.key_bytes).substr(start, payload.key_ends[i] - start);
    }

    ObjectSink& sink_;
    const Format& format_;
    std::shared_ptr<const Schema> schema_;
    LaneOptions options_;
    ObjectNames names_;
    bool has_versions_;
    bool cuts_versions_;  ///< an object holds records of one version
    std::vector<OpenObject> open_;
    std::vector<ObjectEntry> entries_;
    std::map<int64_t, int64_t> ends_;  ///< by number of a shelf: the last row in a finished object
    uint64_t rows_ = 0;
    uint64_t touches_ = 0;
};

/// Cuts encoded records.
class CuttingLane final : public BaseLane {
  public:
    using BaseLane::BaseLane;

    Result<void> append(const Payload& payload) override {
        const size_t count = payload.ends.size();
        HW_CHECK(!names_.by_period() || payload.times.size() == count);
        for (size_t i = 0; i < count;) {
            const int64_t row =
                options_.count_rows ? static_cast<int64_t>(rows_) : payload.first_row + static_cast<int64_t>(i);
            const Shelf shelf = shelf_at(payload, i);
            if (is_finished(shelf)) {
                ++rows_;
                ++i;
                continue;
            }
            auto object = object_of(shelf, row);
            if (!object) return std::unexpected(object.error());
            const Slice slice = slice_from(payload, i, **object);
            if (slice.end > i) {
                if (auto done = write(payload, i, slice.end, **object, row); !done) return done;
            }
            if (slice.cut) {
                if (auto done = finish(**object, key_at(payload, i)); !done) return done;
            }
            i = slice.end;
        }
        return {};
    }

    Result<void> append(const Batch& batch) override {
        payload_.clear();
        encoder_of(has_versions_ ? batch.schema->version : 0).encode(batch, payload_);
        payload_.first_row = batch.first_row;
        if (has_versions_) payload_.versions.assign(payload_.ends.size(), batch.schema->version);
        if (wants_keys()) append_keys(batch, has_versions_ ? *batch.schema : *schema_, payload_);
        return append(payload_);
    }

  private:
    /// Records up to `end` belong to the object; `cut` says that it is then full.
    struct Slice {
        size_t end;
        bool cut;
    };

    Result<void> begin(OpenObject& object) override {
        auto compressor = make_compressor(options_.compression, options_.compression_level);
        if (!compressor) return std::unexpected(compressor.error());
        if (*compressor != nullptr)
            object.writer = make_compressing_writer(std::move(*compressor), std::move(object.writer));
        const std::string_view head = encoder_of(object.shelf.version).head();
        object.size = head.size();
        return head.empty() ? Result<void>{} : object.writer->write(head);
    }

    Result<void> end(OpenObject& object) override {
        const std::string_view tail = encoder_of(object.shelf.version).tail();
        object.size += tail.size();
        return tail.empty() ? Result<void>{} : object.writer->write(tail);
    }

    /// Gives the encoder of a version of the schema, which knows what stands around and between its records.
    RecordEncoder& encoder_of(int32_t version) {
        auto& encoder = encoders_[has_versions_ ? version : 0];
        if (encoder == nullptr) encoder = format_.record_encoder(*schema_of(version), options_.identity);
        return *encoder;
    }

    Shelf shelf_at(const Payload& payload, size_t i) const {
        return shelf_of(names_.by_period() ? payload.times[i] : 0, has_versions_ ? payload.versions[i] : 0);
    }

    static uint32_t start_of(const Payload& payload, size_t i) { return i == 0 ? 0 : payload.ends[i - 1]; }

    /// Finds how many records from `i` on go into the object. Looks at records alone, so that payload borders do not count.
    Slice slice_from(const Payload& payload, size_t i, const OpenObject& object) {
        const size_t count = payload.ends.size();
        if (options_.layout == Layout::single) return {i + 1, true};
        if (options_.layout == Layout::grouped && !has_shelves()) return {count, false};
        const RecordEncoder& encoder = encoder_of(object.shelf.version);
        const uint64_t tail = encoder.tail().size();
        const uint64_t between = encoder.between().size();
        uint64_t size = object.size;
        uint64_t rows = object.entry.rows;
        for (size_t j = i; j < count; ++j) {
            if (has_shelves() && shelf_at(payload, j) != object.shelf) return {j, false};
            size += payload.ends[j] - start_of(payload, j) + (rows == 0 ? 0 : between);
            if (options_.layout == Layout::chunked && rows > 0 && size + tail > options_.max_chunk_size_bytes)
                return {j, true};
            ++rows;
            if (options_.layout == Layout::hive && size + tail >= options_.target_size_bytes) return {j + 1, true};
        }
        return {count, false};
    }

    Result<void> write(const Payload& payload, size_t from, size_t to, OpenObject& object, int64_t row) {
        const std::string_view between = encoder_of(object.shelf.version).between();
        std::string_view bytes = std::string_view(payload.bytes).substr(start_of(payload, from));
        bytes = bytes.substr(0, payload.ends[to - 1] - start_of(payload, from));
        if (!between.empty()) {
            joined_.clear();
            for (size_t i = from; i < to; ++i) {
                if (object.entry.rows > 0 || i > from) joined_ += between;
                joined_.append(payload.bytes, start_of(payload, i), payload.ends[i] - start_of(payload, i));
            }
            bytes = joined_;
        }
        object.count(row);
        if (!payload.times.empty()) {
            const auto [low, high] = std::ranges::minmax(std::span(payload.times).subspan(from, to - from));
            object.count_time(low);
            object.entry.min_time = std::min(object.entry.min_time, low);
            object.entry.max_time = std::max(object.entry.max_time, high);
        }
        object.entry.last_row = std::max(object.entry.last_row, row + static_cast<int64_t>(to - from) - 1);
        object.entry.rows += to - from;
        for (size_t i = from; i < to && has_versions_; ++i) ++object.entry.versions[payload.versions[i]];
        object.size += bytes.size();
        rows_ += to - from;
        object.last = static_cast<int64_t>(rows_) - 1;
        return object.writer->write(bytes);
    }

    std::map<int32_t, std::unique_ptr<RecordEncoder>> encoders_;  ///< by version of the schema
    Payload payload_;
    std::string joined_;
};

/// Feeds rows to a format whose objects have a footer.
class ColumnLane final : public BaseLane {
  public:
    using BaseLane::BaseLane;

    Result<void> append(const Payload&) override {
        return fail(ErrorKind::invalid,
                    "Format makes whole objects and takes no encoded records: " + std::string(format_.name()));
    }

    Result<void> append(const Batch& batch) override {
        read_rows(batch);
        weights_.clear();
        for (size_t i = 0; i < batch.rows;) {
            const Shelf shelf = shelf_at(batch, i);
            if (is_finished(shelf)) {
                ++rows_;
                ++i;
                continue;
            }
            auto object = object_of(shelf, number_of(batch, i));
            if (!object) return std::unexpected(object.error());
            if (options_.layout == Layout::chunked && weights_.empty()) (*object)->encoder->weigh(batch, weights_);
            const Slice slice = slice_from(batch, i, **object);
            if (slice.end > i) {
                if (auto done = add(batch, i, slice.end, **object); !done) return done;
            }
            if (slice.cut || is_full(**object)) {
                if (auto done = finish(**object, key_at(keys_, i)); !done) return done;
            }
            i = slice.end;
        }
        return {};
    }

  private:
    struct Slice {
        size_t end;
        bool cut;
    };

    Result<void> begin(OpenObject& object) override {
        ObjectWriter* const writer = object.writer.get();
        auto encoder = format_.object_encoder(*schema_of(object.shelf.version), options_.identity,
                                              [writer](std::string_view bytes) { return writer->write(bytes); });
        if (!encoder) return std::unexpected(encoder.error());
        object.encoder = std::move(*encoder);
        object.size = object.encoder->overhead_bytes();
        return {};
    }

    Result<void> end(OpenObject& object) override { return object.encoder->finish(); }

    /// Notes the rows of a batch in their order, and their keys.
    void read_rows(const Batch& batch) {
        order_.resize(batch.rows);
        if (batch.order == nullptr)
            std::iota(order_.begin(), order_.end(), 0U);
        else
            std::copy_n(batch.order, batch.rows, order_.begin());
        slice_ = batch;
        slice_.labels.clear();
        keys_.clear();
        if (wants_keys()) append_keys(batch, has_versions_ ? *batch.schema : *schema_, keys_);
    }

    int64_t number_of(const Batch& batch, size_t i) const {
        if (options_.count_rows) return static_cast<int64_t>(rows_);
        const uint32_t row = order_[i];
        return batch.row_numbers != nullptr ? batch.row_numbers[row] : batch.first_row + row;
    }

    Shelf shelf_at(const Batch& batch, size_t i) const {
        HW_CHECK(!names_.by_period() || batch.times != nullptr);
        return shelf_of(names_.by_period() ? batch.times[order_[i]] : 0, has_versions_ ? batch.schema->version : 0);
    }

    Slice slice_from(const Batch& batch, size_t i, OpenObject& object) const {
        size_t end = batch.rows;
        if (options_.layout == Layout::single) return {i + 1, true};
        if (options_.layout == Layout::hive)
            end = std::min(end, i + size_grain_rows - object.entry.rows % size_grain_rows);
        uint64_t rows = object.entry.rows;
        for (size_t j = i; j < end; ++j) {
            if (names_.by_period() && shelf_at(batch, j) != object.shelf) return {j, false};
            if (options_.layout != Layout::chunked) continue;
            if (rows > 0 && object.size + weights_[j] > options_.max_chunk_size_bytes) return {j, true};
            object.size += weights_[j];
            ++rows;
        }
        return {end, false};
    }

    bool is_full(const OpenObject& object) const {
        return options_.layout == Layout::hive && object.entry.rows % size_grain_rows == 0 &&
               object.encoder->size_bytes() >= options_.target_size_bytes;
    }

    Result<void> add(const Batch& batch, size_t from, size_t to, OpenObject& object) {
        for (size_t i = from; i < to; ++i) {
            object.count(number_of(batch, i));
            if (batch.times != nullptr) object.count_time(batch.times[order_[i]]);
            ++object.entry.rows;
            if (has_versions_) ++object.entry.versions[batch.schema->version];
            object.last = static_cast<int64_t>(rows_++);
        }
        if (to - from == batch.rows) return object.encoder->add(batch);
        slice_.order = order_.data() + from;
        slice_.rows = static_cast<uint32_t>(to - from);
        return object.encoder->add(slice_);
    }

    std::vector<uint32_t> order_;
    std::vector<uint64_t> weights_;
    Batch slice_;
    Payload keys_;
};

Result<void> check_options(const LaneOptions& options) {
    if (options.run.empty()) return fail(ErrorKind::invalid, "Objects need the name of a run in their names");
    if (options.layout == Layout::chunked && options.max_chunk_size_bytes == 0) {
        return fail(ErrorKind::invalid, "max_chunk_size must be at least 1 byte: 0");
    }
    if (options.layout == Layout::hive && options.target_size_bytes == 0) {
        return fail(ErrorKind::invalid, "target_size must be at least 1 byte: 0");
    }
    return {};
}

}  // namespace

std::optional<Layout> layout_of(std::string_view name) {
    if (name == "grouped") return Layout::grouped;
    if (name == "chunked") return Layout::chunked;
    if (name == "single") return Layout::single;
    if (name == "hive") return Layout::hive;
    return std::nullopt;
}

Result<std::unique_ptr<ObjectLane>> ObjectLane::make(ObjectSink& sink, const Format& format,
                                                     std::shared_ptr<const Schema> schema, LaneOptions options) {
    if (auto checked = check_options(options); !checked) return std::unexpected(checked.error());
    std::string ending(format.extension());
    if (format.makes_objects())
        return std::make_unique<ColumnLane>(sink, format, std::move(schema), std::move(options), ending);
    const auto compressor = make_compressor(options.compression, options.compression_level);
    if (!compressor) return std::unexpected(compressor.error());
    if (*compressor != nullptr) ending += (*compressor)->extension();
    return std::make_unique<CuttingLane>(sink, format, std::move(schema), std::move(options), ending);
}

void append_keys(const Batch& batch, const Schema& schema, Payload& payload) {
    const Field* key = schema.key.empty() ? nullptr : find_field(schema, schema.key);
    if (key == nullptr) return;
    for (uint32_t i = 0; i < batch.rows; ++i) {
        append_value(payload.key_bytes, *key, batch, batch.order != nullptr ? batch.order[i] : i);
        payload.key_ends.push_back(static_cast<uint32_t>(payload.key_bytes.size()));
    }
}

void append_identity(const Batch& batch, Payload& payload) {
    for (uint32_t i = 0; i < batch.rows; ++i) {
        const uint32_t row = batch.order != nullptr ? batch.order[i] : i;
        payload.numbers.push_back(batch.row_numbers != nullptr ? batch.row_numbers[row] : batch.first_row + row);
        if (batch.entities != nullptr) payload.entities.push_back(batch.entities[row]);
    }
}

}  // namespace headwater
