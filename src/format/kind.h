// For describing a format once: help, completion, schemas, pages, what clients of the service may say, readers and laws follow.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/option.h"
#include "base/result.h"
#include "data/arrow_abi.h"

namespace headwater {

class Format;
struct FormatKind;

/// Says how the bytes of a format are read back.
enum class FormatReading : uint8_t {
    json,     ///< JSON objects, one after the other or in an array
    csv,      ///< rows of CSV
    columns,  ///< a whole object, which FormatFactories::open gives as columns
    records,  ///< records, which FormatFactories::next gives as JSON
};

/// What an output says of its format.
struct FormatRequest {
    GivenOptions options;              ///< of the format
    std::string compression = "none";  ///< of its objects
};

/// A whole object as a reader sees it.
struct ObjectInput {
    uint64_t bytes = 0;
    /// Appends `most` bytes from byte `at` on; fewer at the end alone.
    std::function<Result<void>(uint64_t at, size_t most, std::string& out)> read;
};

/// What is made by a format's code, which may lie in a module.
struct FormatFactories {
    Result<std::unique_ptr<Format>> (*make)(const FormatKind& kind, const FormatRequest& request) = nullptr;
    /// Opens an object; its batches come by the stream, which owns the reader and must be released. What is no object of the
    /// format is `rejected`; damage further in is an error of the stream.
    Result<void> (*open)(const ObjectInput& input, ArrowArrayStream& stream) = nullptr;
    /// Gives the record at the front of a text as JSON, and how many bytes it takes; 0 where the text ends inside it. What is no
    /// record is taken up to the line's end and leaves `json` empty.
    size_t (*next)(std::string_view text, std::string& json) = nullptr;
};

/// One format.
struct FormatKind {
    std::string_view name;
    std::string_view help;
    std::string_view extension;     ///< of its objects; compression adds its own
    std::string_view content_type;  ///< of its objects
    std::vector<Option> options{};
    bool makes_objects = false;  ///< whole objects with a footer; else records, one after the other
    bool mixes_schemas =
        false;  ///< an object may hold records of several schemas, as nothing in it says what all of them are
    bool stands_alone = false;  ///< a record is one without what stands around it in an object: it can be a message
    std::vector<std::string_view> compressions{"none", "zstd", "gzip", "lz4"};  ///< of its objects
    std::string_view compression = "none";                                      ///< where none is asked for
    FormatReading reading = FormatReading::json;
    std::string_view magic = "";   ///< what its objects begin with, where that says enough
    std::string_view duckdb = "";  ///< the function of DuckDB that reads its objects
    std::string_view module = "";  ///< whose factories are taken; "": those of `built_in`
    FormatFactories built_in{};
};

}  // namespace headwater
