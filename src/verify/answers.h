// For what the answer key says of the records that were sent: which labels and faults each of them has.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sink/sink.h"
#include "verify/entry.h"

namespace headwater {

/// One thing that the answer key says of a record.
struct Answer {
    ValueHash identity;
    uint32_t name = 0;  ///< index into Answers::names
};

/// Collects an answer key while a run is made again: 24 bytes for each label and fault.
class Answers {
  public:
    /// Adds one record of an answer key, as JSON; a damaged one is no answer.
    void add(std::string_view json);
    /// Gives names of labels and faults; of faults with the prefix `fault `.
    const std::vector<std::string>& names() const { return names_; }
    /// Puts the answers in order, for each_record().
    void settle();
    /// Shows every record that has answers, with their names, each once.
    void each_record(
        const std::function<void(const ValueHash& identity, const std::vector<uint32_t>& names)>& show) const;

  private:
    std::vector<Answer> all_;
    std::vector<std::string> names_;
    std::map<std::string, uint32_t, std::less<>> numbers_;
};

/// Makes a sink that adds what it gets to the answers, which must outlive it.
std::unique_ptr<RecordSink> make_answer_sink(Answers& answers);

}  // namespace headwater
