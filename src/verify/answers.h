// For what the answer key says of the records that were sent: which labels and faults each of them has.
#pragma once

#include <cstdint>
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
    const std::vector<Answer>& all() const { return all_; }
    /// Gives names of labels and faults; of faults with the prefix `fault `.
    const std::vector<std::string>& names() const { return names_; }
    /// Puts the answers in order, so that faults_of() can look them up.
    void settle();
    /// Gives the name of the first fault that struck a record, or "".
    std::string fault_of(const ValueHash& identity) const;

  private:
    std::vector<Answer> all_;
    std::vector<std::string> names_;
    std::vector<bool> is_fault_;
    std::map<std::string, uint32_t, std::less<>> numbers_;
};

/// Makes a sink that adds what it gets to the answers, which must outlive it.
std::unique_ptr<RecordSink> make_answer_sink(Answers& answers);

}  // namespace headwater
