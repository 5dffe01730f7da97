// For guessing which known name was meant by an unknown one.
#include <algorithm>
#include <numeric>

#include "language/diagnostic.h"

namespace headwater {

namespace {

/// Counts insertions, deletions, substitutions and swaps of neighbours (optimal string alignment; Damerau 1964).
size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    std::iota(above.begin(), above.end(), size_t{0});
    for (size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        before.swap(above);
        above.swap(row);
    }
    return above[b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
    constexpr size_t longest_compared = 256;
    if (word.empty() || word.size() > longest_compared) return "";
    const size_t limit = std::min(std::max<size_t>(2, word.size() / 3), word.size() - 1);
    size_t best_distance = limit + 1;
    std::string_view best;
    for (const std::string& candidate : known) {
        const size_t difference =
            candidate.size() > word.size() ? candidate.size() - word.size() : word.size() - candidate.size();
        if (difference >= best_distance) continue;
        const size_t distance = edit_distance(word, candidate);
        if (distance >= best_distance) continue;
        best_distance = distance;
        best = candidate;
    }
    return std::string(best);
}

std::string suggest(std::string_view word, const std::vector<std::string>& known) {
    constexpr size_t listed_at_most = 12;
    if (known.empty()) return "";
    if (const std::string near = nearest(word, known); !near.empty()) return "Did you mean \"" + near + "\"?";
    std::string hint = "Allowed: ";
    for (size_t i = 0; i < std::min(known.size(), listed_at_most); ++i) {
        if (i > 0) hint += ", ";
        hint += known[i];
    }
    if (known.size() > listed_at_most) hint += " and " + std::to_string(known.size() - listed_at_most) + " more";
    return hint;
}

}  // namespace headwater
