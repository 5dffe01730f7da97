// For saying a YAML parser's complaints in the words of our users.
#pragma once

#include <string>
#include <string_view>

namespace headwater {

/// A mistake as a user reads it.
struct YamlComplaint {
    std::string message;
    std::string hint;
};

/// Gives what a complaint of libfyaml means; an unknown one is passed on.
YamlComplaint translate_complaint(std::string_view theirs);

}  // namespace headwater
