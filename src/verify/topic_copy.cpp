// For reading copies that lie in topics.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "verify/copy.h"
#include "verify/csv_rows.h"
#include "verify/delivered_text.h"
#include "verify/json_record.h"

namespace headwater {

namespace {

/// Headers by which records say who they are.
constexpr const char* run_header = "headwater-run";
constexpr const char* stream_header = "headwater-stream";
constexpr const char* row_header = "headwater-row";

std::optional<ClaimedIdentity> identity_in(const TopicRecord& record) {
    auto run = record.header(run_header), stream = record.header(stream_header), row = record.header(row_header);
    if (!run || !stream || !row) return std::nullopt;
    auto name = read_row(*row);
    if (!name) return std::nullopt;
    return ClaimedIdentity{std::string(*run), std::string(*stream), *name};
}

/// Reads records of topics that hold JSON objects or rows of CSV without header.
class TopicCopy final : public Copy {
  public:
    TopicCopy(std::unique_ptr<TopicSource> source, std::vector<std::string> topics, CopyOptions options)
        : source_(std::move(source)),
          topics_(std::move(topics)),
          options_(std::move(options)),
          is_csv_(options_.format != nullptr && options_.format->reading == FormatReading::csv) {}

    Result<void> read(const std::vector<Shape>& shapes, CopyReceiver& receiver,
                      const CopySelection* selection) override {
        if (ranges_.empty()) {
            auto ranges = source_->ranges(topics_);
            if (!ranges) return std::unexpected(ranges.error());
            ranges_ = std::move(*ranges);
        }
        const std::vector<TopicRange> wanted = selection == nullptr ? ranges_ : ranges_of(*selection);
        std::vector<uint32_t> lanes;
        std::vector<const std::set<uint64_t>*> positions;
        for (const TopicRange& range : wanted) {
            const std::string name = name_of(range);
            lanes.push_back(
                receiver.begin_lane(name, static_cast<uint64_t>(range.from), static_cast<uint64_t>(range.to)));
            if (selection != nullptr) positions.push_back(&selection->at(name));
        }
        LandedRecord record(shapes, selection != nullptr);
        const auto show = [&](const TopicRecord& one) {
            const auto offset = static_cast<uint64_t>(one.offset);
            if (selection != nullptr && !positions[one.range]->contains(offset)) return;
            take(shapes, one, {lanes[one.range], wanted[one.range].topic}, record, receiver);
        };
        return source_->read(wanted, show, [&] { return receiver.gives_up(); });
    }

    std::string lane_kind() const override { return "partition"; }

  private:
    static std::string name_of(const TopicRange& range) {
        return range.topic + "[" + std::to_string(range.partition) + "]";
    }

    /// Cuts the ranges to what is wanted of them.
    std::vector<TopicRange> ranges_of(const CopySelection& selection) const {
        std::vector<TopicRange> wanted;
        for (const TopicRange& range : ranges_) {
            auto found = selection.find(name_of(range));
            if (found == selection.end() || found->second.empty()) continue;
            TopicRange cut = range;
            cut.from = static_cast<int64_t>(*found->second.begin());
            cut.to = static_cast<int64_t>(*found->second.rbegin()) + 1;
            wanted.push_back(cut);
        }
        return wanted;
    }

    /// Where a record was read.
    struct Place {
        uint32_t lane;
        std::string_view topic;
    };

    void take(const std::vector<Shape>& shapes, const TopicRecord& one, const Place& place, LandedRecord& record,
              CopyReceiver& receiver) {
        const uint32_t lane = place.lane;
        const auto position = static_cast<uint64_t>(one.offset);
        if (!one.value) return receiver.take_unreadable(lane, position, "it has no value", "");
        const std::string_view bytes = *one.value;
        if (const std::string_view line = trimmed(bytes); receiver.expects_damage() && receiver.knows(line))
            if (receiver.take_damaged(lane, position, line)) return;
        if (!unwrap(options_.format, bytes, value_))
            return receiver.take_unreadable(lane, position, "it is no record", bytes);
        value_.reserve(value_.size() + json_padding_bytes);
        auto identity = identity_in(one);
        const int shape = shape_of(shapes, identity, place.topic);
        if (shape < 0) return receiver.take_unreadable(lane, position, "it is of no stream", value_);
        record.begin(shape);
        if (identity) record.claim(*identity);
        const std::string trouble = is_csv_ ? read_csv(shapes, shape, record) : read_json(record);
        if (!trouble.empty()) return receiver.take_unreadable(lane, position, trouble, value_);
        receiver.take(lane, position, record);
    }

    std::string read_json(LandedRecord& record) {
        std::string_view text = value_;
        while (text.ends_with('\n') || text.ends_with(' ')) text.remove_suffix(1);
        return json_.read(text, record);
    }

    std::string read_csv(const std::vector<Shape>& shapes, int shape, LandedRecord& record) {
        CsvRow row(delimiter());
        row.read(value_, true);
        const std::vector<Shape> only{shapes[static_cast<size_t>(shape)]};
        CsvRecords records(only);
        if (records.begin(row.cells()) || records.shape() < 0)
            return "it has " + std::to_string(row.cells().size()) + " cells instead of " +
                   std::to_string(only[0].leaves().size());
        return records.read(row, record, json_);
    }

    int shape_of(const std::vector<Shape>& shapes, const std::optional<ClaimedIdentity>& identity,
                 std::string_view topic) {
        if (shapes.size() == 1) return 0;
        if (identity) {
            auto named = std::ranges::find(shapes, identity->stream, &Shape::stream);
            if (named != shapes.end()) return static_cast<int>(named - shapes.begin());
        }
        if (!is_csv_) return likeliest(shapes, json_.names(value_), topic);
        CsvRow row(delimiter());
        row.read(value_, true);
        auto has_as_many = [&](const Shape& shape) { return shape.leaves_by_count(row.cells().size()) != nullptr; };
        auto fits = std::ranges::find_if(shapes, has_as_many);
        return fits == shapes.end() ? -1 : static_cast<int>(fits - shapes.begin());
    }

    char delimiter() const { return options_.delimiter != 0 ? options_.delimiter : ','; }

    std::unique_ptr<TopicSource> source_;
    std::vector<std::string> topics_;
    CopyOptions options_;
    const bool is_csv_;
    std::vector<TopicRange> ranges_;
    JsonRecords json_;
    std::string value_;
};

}  // namespace

std::unique_ptr<Copy> make_topic_copy(std::unique_ptr<TopicSource> source, std::vector<std::string> topics,
                                      CopyOptions options) {
    return std::make_unique<TopicCopy>(std::move(source), std::move(topics), std::move(options));
}

}  // namespace headwater
