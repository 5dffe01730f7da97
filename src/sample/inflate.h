// For turning a sample - records, a table, a schema - into a pack that makes any number of variants of it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace headwater {

/// What a sample is.
enum class SampleForm { none, json, csv, avro, ddl };

/// What a new pack is made of.
struct NewPack {
    std::string name;  ///< of the pack
    SampleForm form = SampleForm::none;
    std::string sample_file;  ///< as the user named it, for the comments
    std::string sample;       ///< its text
};

/// Tells the form of a sample by the end of its name (.json .jsonl .ndjson .csv .avsc .sql .ddl); none when it is unknown.
SampleForm form_of_file(std::string_view file);

/// Writes a commented pack that runs as it is. Fails as `invalid` when the sample cannot be read.
Result<std::string> new_pack(const NewPack& wanted);

}  // namespace headwater
