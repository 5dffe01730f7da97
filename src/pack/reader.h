// For reading the maps of packs and scenarios: known keys, slots with units, and errors that name the place.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "language/diagnostic.h"
#include "language/expression.h"
#include "language/node.h"

namespace headwater {

/// A file being read, and where its mistakes go.
struct Reading {
    std::string file;
    Diagnostics* diagnostics = nullptr;

    void error(Position at, const std::string& path, const std::string& message, const std::string& hint = "") const {
        diagnostics->error(file, at, path, message, hint);
    }
};

/// One map of a file: keys are taken one by one, and what is left is unknown.
class Section {
  public:
    /// `node` may be null or of another kind; then every key is absent and, unless null, that is reported.
    Section(const Reading& reading, const Node* node, std::string path);
    /// Takes a key's value, or null.
    const Node* take(std::string_view key);
    /// Takes a text scalar.
    std::optional<std::string> text(std::string_view key);
    std::optional<bool> boolean(std::string_view key);
    /// Takes slots; a wrong unit is reported. Bare numbers are durations of nothing: they are reported too.
    std::optional<int64_t> duration(std::string_view key);
    std::optional<double> share(std::string_view key);
    std::optional<double> rate(std::string_view key);
    std::optional<int64_t> count(std::string_view key);
    std::optional<int64_t> instant(std::string_view key);
    std::optional<uint64_t> size(std::string_view key);
    /// Takes one of a few words.
    std::optional<std::string> choice(std::string_view key, const std::vector<std::string>& allowed);
    /// Takes a text or a list of texts.
    std::vector<std::string> texts(std::string_view key);
    /// Reports every key that was not taken (`because` is known everywhere) with the nearest known one; false then.
    bool finish();

    const std::string& path() const { return path_; }
    std::string path_of(std::string_view key) const {
        return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
    }
    /// Gives where the value of a key stands, or the section.
    Position at(std::string_view key) const {
        const Node* value = node_ ? node_->find(key) : nullptr;
        return value ? value->at : at();
    }
    Position at() const { return node_ ? node_->at : Position{1, 1}; }
    const Reading& reading() const { return reading_; }

  private:
    const Node* scalar(std::string_view key);

    Reading reading_;
    const Node* node_;
    std::string path_;
    std::set<std::string, std::less<>> known_;
};

/// A duration, or a range that one is drawn from; microseconds, not negative.
struct DurationRange {
    int64_t low = 0;
    int64_t high = 0;
};

/// Reads slots from text; each gives nothing when the text is no such thing.
std::optional<DurationRange> read_durations(const std::string& text);
std::optional<double> read_share(const std::string& text);
std::optional<double> read_rate(const std::string& text);
std::optional<int64_t> read_count(const std::string& text);
std::optional<uint64_t> read_size(const std::string& text);

}  // namespace headwater
