// For the lane to a target of rows: it hands over the columns of batches as workers made them.
#include <algorithm>
#include <utility>

#include "engine/lane.h"

namespace headwater {

namespace {

class RowLane final : public Lane {
  public:
    RowLane(std::unique_ptr<RowSink> sink, std::map<int, std::shared_ptr<const Schema>> schemas)
        : sink_(std::move(sink)), schemas_(std::move(schemas)) {}

    Result<void> open() override {
        std::vector<std::shared_ptr<const Schema>> schemas;
        for (const auto& [stream, schema] : schemas_) schemas.push_back(schema);
        return sink_->open(schemas);
    }

    std::vector<MadeThing> take_made() override { return sink_->take_made(); }
    Result<std::string> unmake(const MadeThing& thing, const std::map<std::string, int64_t>& delivered) override {
        return sink_->unmake(thing, delivered);
    }
    bool wants_batches() const override { return true; }
    Result<LaneState> checkpoint() override { return checkpoint_of(*sink_); }
    Result<void> close() override { return sink_->flush(); }

    Result<void> resume(const LaneState& state) override {
        resume_at(state);
        return sink_->resume(state.cursor);
    }

  protected:
    Result<void> deliver(int stream, const Parcel& parcel) override {
        const Schema& schema = *schemas_.at(stream);
        for (size_t i = 0; i < parcel.batches.size(); ++i) {
            const Batch& rows = parcel.batches.at(i);
            if (rows.rows == 0) continue;
            if (auto written = sink_->write(schema.stream, rows); !written) return written;
            count(tallies_[stream], rows, !schema.versions.empty());
        }
        return {};
    }

  private:
    /// Rows have no bytes of their own.
    static void count(Tally& tally, const Batch& rows, bool has_versions) {
        for (uint32_t i = 0; i < rows.rows; ++i) {
            const uint32_t row = rows.order != nullptr ? rows.order[i] : i;
            const int64_t number = rows.row_numbers != nullptr ? rows.row_numbers[row] : rows.first_row + row;
            tally.first_row = tally.rows == 0 ? number : std::min(tally.first_row, number);
            tally.last_row = std::max(tally.last_row, number);
            ++tally.rows;
            if (rows.times == nullptr) continue;
            tally.min_time = std::min(tally.min_time, rows.times[row]);
            tally.max_time = std::max(tally.max_time, rows.times[row]);
        }
        if (has_versions) tally.versions[rows.schema->version] += rows.rows;
    }

    std::unique_ptr<RowSink> sink_;
    std::map<int, std::shared_ptr<const Schema>> schemas_;  ///< by stream of the plan
};

}  // namespace

std::unique_ptr<Lane> make_row_lane(std::unique_ptr<RowSink> sink,
                                    std::map<int, std::shared_ptr<const Schema>> schemas) {
    return std::make_unique<RowLane>(std::move(sink), std::move(schemas));
}

}  // namespace headwater
