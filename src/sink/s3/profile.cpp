// For reading the profile files of AWS: ~/.aws/credentials and ~/.aws/config.
#include "sink/s3/profile.h"

#include <algorithm>

namespace headwater {
namespace {

std::string trimmed(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return "";
    return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

/// Takes a comment off a value: it begins with # or ; behind white space.
std::string_view without_comment(std::string_view line) {
    for (const std::string_view mark : {" #", " ;", "\t#", "\t;"}) line = line.substr(0, line.find(mark));
    return line;
}

}  // namespace

std::map<std::string, Profile> parse_profiles(std::string_view text) {
    std::map<std::string, Profile> profiles;
    Profile* current = nullptr;
    for (size_t start = 0; start < text.size();) {
        const size_t end = std::min(text.find('\n', start), text.size());
        const std::string_view raw = text.substr(start, end - start);
        start = end + 1;
        if (raw.empty() || raw.front() == '#' || raw.front() == ';') continue;
        if (raw.front() == '[') {
            const size_t bracket = raw.find(']');
            if (bracket == std::string_view::npos) {
                current = nullptr;
                continue;
            }
            std::string name = trimmed(raw.substr(1, bracket - 1));
            if (name.starts_with("profile ")) name = trimmed(std::string_view(name).substr(8));
            current = &profiles[name];
            continue;
        }
        const std::string_view line = without_comment(raw);
        const size_t equals = line.find('=');
        const bool nested = raw.front() == ' ' || raw.front() == '\t';
        if (current == nullptr || nested || equals == std::string_view::npos) continue;
        (*current)[trimmed(line.substr(0, equals))] = trimmed(line.substr(equals + 1));
    }
    return profiles;
}

}  // namespace headwater
