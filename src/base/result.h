// For passing on a failure of the world, with a kind that says how to react.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace headwater {

/// Names the reaction that a failure asks for.
enum class ErrorKind {
    invalid,      ///< The run stops: what was asked cannot be done.
    unavailable,  ///< Wait and try again.
    rejected,     ///< Count it, dead-letter it, go on.
    disk,         ///< Local disk full or broken: the process ends with exit code 74.
    closed,       ///< Whoever read has left: the run stops.
};

/// Carries one failure; `message` says what was wrong, then the value, last.
struct Error {
    ErrorKind kind = ErrorKind::invalid;
    std::string message;
};

template <typename T>
using Result = std::expected<T, Error>;

/// Makes a failed Result.
inline std::unexpected<Error> fail(ErrorKind kind, std::string message) {
    return std::unexpected<Error>(Error{kind, std::move(message)});
}

}  // namespace headwater
