// For the answer key: one record for every label and every fault of a stream, written beside the stream itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "chaos/outgoing_batch.h"
#include "data/batch.h"

namespace headwater {

/// Gives the schema of the answer key of one stream:
/// {run, stream, row, entity, ordinal, key, kind (label | fault), name, field, value, sent}.
/// `row` is null for records of entities, `entity` and `ordinal` for the others; `key` is null without a key field;
/// `field` is null when the whole record is meant. `value` is what is true, `sent` what was sent instead.
std::shared_ptr<const Schema> answer_key_schema(const std::string& stream, const std::string& run);

/// Turns the labels and faults of a stream's batches into batches of its answer key. One worker owns one.
class AnswerKey {
  public:
    /// Receives rows of the answer key; `owners` holds, for each, its record's place in the stream's batch, never falling.
    using Receiver = std::function<void(Batch& batch, const std::vector<uint32_t>& owners)>;

    /// `faults` are the names that hits refer to.
    AnswerKey(std::shared_ptr<const Schema> stream, std::shared_ptr<const Schema> answer_key,
              std::vector<std::string> faults = {});

    /// Gives a row for every label of `batch`, as it was generated, and for every fault that struck it; in the order in
    /// which its records were generated. `hits` come in that order too.
    void describe(const Batch& batch, const std::vector<Hit>& hits, const Receiver& receive);

  private:
    void sort_labels(const Batch& batch);
    void add(const Batch& batch, const Label& label);
    void add(const Batch& batch, const Hit& hit);
    uint32_t begin_row(const Batch& batch, uint32_t row, uint32_t owner);
    void hand_over(const Batch& batch, const Receiver& receive);

    std::shared_ptr<const Schema> stream_;
    const Field* key_;  ///< null when the stream has none
    Batch rows_;

    // Columns of rows_, at most Batch::max_rows long.
    std::vector<int64_t> row_, entity_, ordinal_, times_;
    std::vector<std::string> faults_;
    std::vector<uint8_t> kind_, all_null_, field_null_, value_null_, sent_null_;
    std::vector<TextView> name_, key_text_, field_, value_, sent_;
    std::string key_bytes_;
    std::vector<size_t> key_ends_;
    std::vector<uint32_t> owners_;

    std::vector<Label> labels_;     ///< sorted by delivery; row is the physical row
    std::vector<uint32_t> places_;  ///< inverse of Batch::order
};

}  // namespace headwater
