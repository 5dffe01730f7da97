// For the names of objects: which are plain, and how an object is hidden until it has its name.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace headwater {

/// Begins the names under which runs note in a folder that they write there: the only hidden ones.
inline constexpr std::string_view writing_mark = ".headwater-writing";

/// Refuses names that leave the folder or hide in it: absolute, with empty, . or .. segments, or a NUL.
Result<void> check_object_name(const std::string& name);

/// Spells the path of an object while it is written: `.` in front of its base and `.part` behind it.
std::string hidden_path(const std::string& hint);

/// Gives the hint of a hidden path, or nothing when it is not one.
std::string hint_of_hidden(const std::string& path);

/// Where the objects of a target lie: a fixed root, and a folder below it that may hold $(stream) $(pack) $(date) $(hour).
struct ObjectPlace {
    std::string root;
    std::string folder;
};

/// Splits the path of a target in front of its first hole; a path that does not name $(stream) gets a folder per stream.
ObjectPlace place_of(std::string_view path);

/// Fills $(stream) and $(pack) with those of `pack.stream`.
std::string fill_stream(std::string pattern, std::string_view stream);

}  // namespace headwater
