// For reading the profile files of AWS: ~/.aws/credentials and ~/.aws/config.
#include "sink/s3/profile.h"

#include "base/text.h"

namespace headwater::s3 {
namespace {

/// Takes a comment off a value: it begins with # or ; behind white space.
std::string_view without_comment(std::string_view line) {
    for (const std::string_view mark : {" #", " ;", "\t#", "\t;"}) line = line.substr(0, line.find(mark));
    return line;
}

}  // namespace

std::map<std::string, Profile> parse_profiles(std::string_view text) {
    std::map<std::string, Profile> profiles;
    Profile* current = nullptr;
    for (const std::string_view raw : split(text, '\n')) {
        if (raw.empty() || raw.front() == '#' || raw.front() == ';') continue;
        if (raw.front() == '[') {
            const size_t bracket = raw.find(']');
            if (bracket == std::string_view::npos) {
                current = nullptr;
                continue;
            }
            std::string_view name = trimmed(raw.substr(1, bracket - 1));
            if (name.starts_with("profile ")) name = trimmed(name.substr(8));
            current = &profiles[std::string(name)];
            continue;
        }
        const std::string_view line = without_comment(raw);
        const size_t equals = line.find('=');
        const bool nested = raw.front() == ' ' || raw.front() == '\t';
        if (current == nullptr || nested || equals == std::string_view::npos) continue;
        (*current)[std::string(trimmed(line.substr(0, equals)))] = trimmed(line.substr(equals + 1));
    }
    return profiles;
}

}  // namespace headwater::s3
