// For reading the profile files of AWS: ~/.aws/credentials and ~/.aws/config.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace headwater::s3 {

/// The values of one profile, by name.
using Profile = std::map<std::string, std::string>;

/// Reads the sections [name] and [profile name] from the text of a profile file. Lines that are nested, or not name = value, are
/// passed over, as the tools of AWS do.
std::map<std::string, Profile> parse_profiles(std::string_view text);

}  // namespace headwater::s3
