// For reading one JSON object as a record of a stream.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/landed_record.h"

namespace headwater {

/// Bytes that must be readable behind the text of a record, whatever they are.
inline constexpr size_t json_padding_bytes = 64;

/// Gives what stands at a dotted path of an object: a text without its quotes, anything else as JSON; none where nothing is.
std::optional<std::string> json_text_at(std::string_view text, std::string_view path);

/// Reads objects. Used by one thread.
class JsonRecords {
  public:
    JsonRecords();
    ~JsonRecords();

    /// Reads an object into the record, whose begin() was called; gives "" or why it cannot be read. json_padding_bytes
    /// behind the text are touched.
    std::string read(std::string_view text, LandedRecord& record);
    /// Gives the names of an object's fields; none where it cannot be read.
    std::vector<std::string> names(std::string_view text);
    /// Hashes the JSON text of a list, map or record in one cell.
    ValueHash hash_cell(const Type& type, std::string_view text);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace headwater
