// For the answer key: one record for every label (later: every fault) of a stream, written beside the stream itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/batch.h"

namespace headwater {

/// Gives the schema of the answer key of one stream:
/// {run, stream, row, entity, ordinal, key, kind (label | fault), name, field, value}.
/// `row` is null for records of entities, `entity` and `ordinal` for the others; `key` is null without a key field;
/// `field` is null when the whole record is meant.
std::shared_ptr<const Schema> answer_key_schema(const std::string& stream, const std::string& run);

/// Turns the labels of a stream's batches into batches of its answer key. One worker owns one.
class AnswerKey {
  public:
    /// Receives rows of the answer key; `owners` holds, for each, its record's place in the stream's batch, never falling.
    using Receiver = std::function<void(Batch& batch, const std::vector<uint32_t>& owners)>;

    AnswerKey(std::shared_ptr<const Schema> stream, std::shared_ptr<const Schema> answer_key);

    /// Gives a row for every label of `batch`, in the order in which its records are delivered.
    void describe(const Batch& batch, const Receiver& receive);

  private:
    void sort_labels(const Batch& batch);
    void add(const Batch& batch, const Label& label);
    void hand_over(const Batch& batch, const Receiver& receive);

    std::shared_ptr<const Schema> stream_;
    const Field* key_;  ///< null when the stream has none
    Batch rows_;

    // Columns of rows_, at most Batch::max_rows long.
    std::vector<int64_t> row_, entity_, ordinal_, times_;
    std::vector<uint8_t> kind_, all_null_;
    std::vector<TextView> name_, key_text_, value_;
    std::string key_bytes_;
    std::vector<size_t> key_ends_;
    std::vector<uint32_t> owners_;

    std::vector<Label> labels_;     ///< sorted by delivery; row is the physical row
    std::vector<uint32_t> places_;  ///< inverse of Batch::order
};

}  // namespace headwater
