// For reading YAML 1.2 with positions and without its traps; the only file that knows libfyaml.
#include "language/yaml.h"

#include <libfyaml.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "language/source_text.h"
#include "language/yaml_complaint.h"
#include "language/yaml_cut.h"

namespace headwater {

namespace {

constexpr size_t deepest = 64;
constexpr size_t most_nodes = 1'000'000;
constexpr size_t longest_key = 1024;  ///< paths repeat it for each mistake below
constexpr size_t largest_file = size_t{64} << 20;
constexpr size_t most_blanks = 1000;  ///< in a row: libfyaml's time grows with their square
constexpr size_t most_readings = 32;
constexpr size_t most_read_again = 4 << 20;  ///< bytes; a file beyond it is read twice at most
constexpr size_t nowhere = std::string_view::npos;

struct DiagDeleter {
    void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
};
struct ParserDeleter {
    void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
};

/// Hands out libfyaml's events one by one, and its complaint at the end.
class Events {
  public:
    explicit Events(std::string_view text) {
        fy_diag_cfg diag_config;
        fy_diag_cfg_default(&diag_config);
        diag_config.fp = nullptr;
        diag_config.output_fn = [](fy_diag*, void*, const char*, size_t) {};
        diag_.reset(fy_diag_create(&diag_config));
        fy_diag_set_collect_errors(diag_.get(), true);
        fy_parse_cfg config{};
        config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 |
                                                       FYPCF_SLOPPY_FLOW_INDENTATION | FYPCF_DISABLE_DEPTH_LIMIT);
        config.diag = diag_.get();
        parser_.reset(fy_parser_create(&config));
        fy_parser_set_string(parser_.get(), text.data(), text.size());
    }
    ~Events() { release(); }
    Events(const Events&) = delete;
    Events& operator=(const Events&) = delete;

    /// Gives the next event, or null at the end and after a mistake. It lives until the next call.
    const fy_event* next() {
        release();
        event_ = fy_parser_parse(parser_.get());
        return event_;
    }

    /// Gives libfyaml's first complaint, or null.
    const fy_diag_error* complaint() const {
        void* iterator = nullptr;
        return fy_diag_errors_iterate(diag_.get(), &iterator);
    }

  private:
    void release() {
        if (event_ != nullptr) fy_parser_event_free(parser_.get(), std::exchange(event_, nullptr));
    }

    std::unique_ptr<fy_diag, DiagDeleter> diag_;
    std::unique_ptr<fy_parser, ParserDeleter> parser_;
    fy_event* event_ = nullptr;
};

/// The place of a scalar in the file, as bytes.
struct Extent {
    size_t begin = nowhere;
    size_t end = nowhere;
    bool is_plain = false;
};

/// Reads a document once. Mistakes go to `findings`; what YAML cut goes to `cuts`, to be read again as meant.
class Reading {
  public:
    Reading(const SourceText& source, std::string_view masked, const std::string& file)
        : source_(source), events_(masked), file_(file) {}

    std::optional<Node> run();

    Diagnostics findings;
    std::vector<YamlCut> cuts;

  private:
    bool read_value(const fy_event& event, Node& node, bool is_in_flow, Extent& extent);
    bool read_scalar(const fy_event& event, Node& node, bool is_in_flow, Extent& extent);
    bool read_sequence(Node& node, bool is_in_flow);
    Position place_of_item(const Node& list) const;
    bool read_map(Node& node, bool is_in_flow);
    size_t read_key(const fy_event& event, Node::Entry& entry, std::map<std::string, Position>& seen);
    void report_missing_value(const Node::Entry& entry, size_t key_offset, bool is_in_flow);
    void check_directives(const fy_event& event);
    void check_properties(fy_token* anchor, fy_token* tag);
    void notice_cut(Extent extent, bool is_in_flow);
    void explain_complaint();
    void explain_colon(size_t offset);
    bool explain_quote(size_t offset);
    size_t content_of_block_scalar(size_t begin) const;

    std::string_view slice(Extent extent) const {
        return source_.text().substr(extent.begin, extent.end - extent.begin);
    }
    std::string path() const;
    void error(Position at, std::string message, std::string hint = "") {
        findings.error(file_, at, path(), std::move(message), std::move(hint));
    }
    void error_at(size_t offset, std::string message, std::string hint = "") {
        error(source_.position_of(offset), std::move(message), std::move(hint));
    }

    const SourceText& source_;
    Events events_;
    const std::string& file_;
    std::vector<std::string> path_;
    size_t nodes_ = 0;
    bool has_stopped_ = false;           ///< at a mistake of ours; libfyaml has nothing to add
    std::vector<size_t> open_brackets_;  ///< offsets of the { and [ that are open
    YamlCut open_condition_;             ///< the last plain value in {...} without = that YAML may have cut
    Extent last_plain_;
    std::string last_plain_path_;
    size_t key_end_ = nowhere;
    std::string key_path_;
};

std::string Reading::path() const {
    std::string joined;
    for (const std::string& step : path_) {
        if (!joined.empty()) joined += '.';
        joined += step;
    }
    return joined;
}

std::optional<Node> Reading::run() {
    std::optional<Node> root;
    while (const fy_event* event = events_.next()) {
        if (event->type == FYET_STREAM_END) break;
        if (event->type == FYET_DOCUMENT_START) {
            if (root.has_value()) {
                const fy_mark* mark = fy_event_start_mark(const_cast<fy_event*>(event));
                error_at(mark != nullptr ? mark->input_pos : 0, "Second document in the file: ---",
                         "Put it into a file of its own");
                return root;
            }
            check_directives(*event);
        }
        const bool is_content = event->type == FYET_SCALAR || event->type == FYET_MAPPING_START ||
                                event->type == FYET_SEQUENCE_START || event->type == FYET_ALIAS;
        if (!is_content) continue;
        Extent extent;
        Node node;
        if (!read_value(*event, node, false, extent)) {
            if (!has_stopped_) explain_complaint();
            return std::nullopt;
        }
        root = std::move(node);
    }
    if (events_.complaint() != nullptr) {
        explain_complaint();
        return std::nullopt;
    }
    const bool is_empty = !root.has_value() || (root->is_null() && root->text.empty());
    if (is_empty && !findings.has_errors()) error({1, 1}, "File is empty", "Begin with pack: NAME or scenario: NAME");
    if (is_empty) return std::nullopt;
    return root;
}

void Reading::check_directives(const fy_event& event) {
    fy_document_state* state = event.document_start.document_state;
    const fy_version* version = fy_document_state_version(state);
    if (fy_document_state_version_explicit(state) && version != nullptr &&
        (version->major != 1 || version->minor != 2)) {
        error({1, 1},
              "YAML version is not 1.2: " + std::to_string(version->major) + '.' + std::to_string(version->minor),
              "Remove the %YAML line");
    }
    if (fy_document_state_tags_explicit(state)) error({1, 1}, "Tags are not allowed: %TAG", "Remove the %TAG line");
}

void Reading::check_properties(fy_token* anchor, fy_token* tag) {
    if (anchor != nullptr) {
        size_t length = 0;
        const char* name = fy_token_get_text(anchor, &length);
        error_at(fy_token_start_mark(anchor)->input_pos - 1,
                 "Anchors are not allowed: &" + std::string(name == nullptr ? "" : name, length),
                 "Write the value where it is needed, or name it under lists or parameters");
    }
    if (tag != nullptr) {
        const size_t begin = fy_token_start_mark(tag)->input_pos;
        const size_t end = std::min(source_.text().find_first_of(" \t\r\n,]}", begin), source_.text().size());
        error_at(begin, "Tags are not allowed: " + std::string(source_.text().substr(begin, end - begin)),
                 "Remove it; quote a text that begins with !");
    }
}

bool Reading::read_value(const fy_event& event, Node& node, bool is_in_flow, Extent& extent) {
    const fy_mark* start = fy_event_start_mark(const_cast<fy_event*>(&event));
    const fy_mark* end = fy_event_end_mark(const_cast<fy_event*>(&event));
    const size_t offset = start != nullptr ? start->input_pos : nowhere;
    if (offset != nowhere) node.at = source_.position_of(offset);
    if (++nodes_ > most_nodes) {
        error(node.at, "File has too many values, allowed: " + std::to_string(most_nodes), "Move lists into CSV files");
        has_stopped_ = true;
        return false;
    }
    switch (event.type) {
        case FYET_SCALAR: return read_scalar(event, node, is_in_flow, extent);
        case FYET_ALIAS:
            error_at(offset - 1,
                     "Aliases are not allowed: " +
                         std::string(source_.text().substr(offset - 1, end->input_pos - offset + 1)),
                     "Write the value out; quote a text that begins with *");
            return true;
        default: break;
    }
    const bool is_map = event.type == FYET_MAPPING_START;
    if (is_map)
        check_properties(event.mapping_start.anchor, event.mapping_start.tag);
    else
        check_properties(event.sequence_start.anchor, event.sequence_start.tag);
    const bool is_flow = end->input_pos > offset;
    if (path_.size() >= deepest) {
        error(node.at, "Values are nested too deep, levels allowed: " + std::to_string(deepest));
        has_stopped_ = true;
        return false;
    }
    if (is_flow) open_brackets_.push_back(offset);
    const bool is_read = is_map ? read_map(node, is_flow) : read_sequence(node, is_flow);
    if (is_flow && is_read) open_brackets_.pop_back();
    return is_read;
}

bool Reading::read_scalar(const fy_event& event, Node& node, bool is_in_flow, Extent& extent) {
    fy_token* token = event.scalar.value;
    check_properties(event.scalar.anchor, event.scalar.tag);
    if (token == nullptr) return true;
    size_t length = 0;
    const char* text = fy_token_get_text(token, &length);
    node.text.assign(text == nullptr ? "" : text, length);
    unmask_punctuation(node.text);
    const fy_scalar_style style = fy_token_scalar_style(token);
    node.quoted = style != FYSS_PLAIN;
    extent = {.begin = fy_token_start_mark(token)->input_pos,
              .end = fy_token_end_mark(token)->input_pos,
              .is_plain = style == FYSS_PLAIN};
    if (style == FYSS_LITERAL || style == FYSS_FOLDED) {
        node.at = source_.position_of(content_of_block_scalar(extent.begin));
    }
    if (extent.is_plain) notice_cut(extent, is_in_flow);
    return true;
}

/// Skips the indentation of the first line of a block scalar.
size_t Reading::content_of_block_scalar(size_t begin) const {
    const std::string_view text = source_.text();
    const size_t content = text.find_first_not_of(' ', begin);
    return content == nowhere || text[content] == '\n' || text[content] == '\r' ? begin : content;
}

/// Notices that a plain scalar ended while something in it was open, because of a comma or a comment.
void Reading::notice_cut(Extent extent, bool is_in_flow) {
    last_plain_ = extent;
    last_plain_path_ = path();
    const std::string_view scalar = slice(extent);
    if (!is_open(scalar)) return;
    const size_t behind = source_.text().find_first_not_of(" \t", extent.end);
    const bool is_at_comment = behind != nowhere && behind > extent.end && source_.text()[behind] == '#';
    if (!is_in_flow && !is_at_comment) return;
    const size_t meant_end = end_as_meant(source_.text(), extent.begin, is_in_flow);
    if (meant_end == nowhere || meant_end <= extent.end) return;
    const bool computes = scalar.starts_with('=') || scalar.find("$(") != nowhere;
    YamlCut cut{.begin = extent.begin, .end = meant_end, .path = path(), .message = ""};
    cut.message = is_at_comment ? "` #` begins a comment and cuts the text: "
                  : source_.text()[behind] == ','
                      ? "A comma cuts the text inside {...} or [...]: "
                      : std::string("`") + source_.text()[behind] + "` cuts the text inside {...} or [...]: ";
    cut.message += std::string(scalar);
    if (computes || is_at_comment)
        cuts.push_back(std::move(cut));
    else
        open_condition_ = std::move(cut);
}

bool Reading::read_sequence(Node& node, bool is_in_flow) {
    node.kind = Node::Kind::sequence;
    while (const fy_event* event = events_.next()) {
        if (event->type == FYET_SEQUENCE_END) return true;
        path_.push_back(std::to_string(node.items.size() + 1));
        Node item;
        Extent extent;
        const bool is_read = read_value(*event, item, is_in_flow, extent);
        if (!is_read) return false;
        if (item.at.line == 0) {
            item.at = place_of_item(node);
            error(item.at, "List item without a value: " + path_.back(), "Write null if nothing is meant");
        }
        path_.pop_back();
        node.items.push_back(std::move(item));
    }
    return false;
}

/// Finds the dash of the item behind those that `list` has: the next line that begins with one in the list's column.
Position Reading::place_of_item(const Node& list) const {
    if (list.items.empty()) return list.at;
    const auto indentation = static_cast<size_t>(list.at.column) - 1;
    for (int line = list.items.back().at.line + 1; line <= source_.line_count(); ++line) {
        const std::string_view text = source_.line(line);
        if (text.find_first_not_of(' ') == indentation && text[indentation] == '-') {
            return {.line = line, .column = list.at.column};
        }
    }
    return list.at;
}

bool Reading::read_map(Node& node, bool is_in_flow) {
    node.kind = Node::Kind::map;
    std::map<std::string, Position> seen;
    while (const fy_event* event = events_.next()) {
        if (event->type == FYET_MAPPING_END) return true;
        Node::Entry entry;
        const size_t key_offset = read_key(*event, entry, seen);
        if (key_offset == nowhere) return false;
        path_.push_back(entry.key);
        const fy_event* value = events_.next();
        Extent extent;
        if (value == nullptr || !read_value(*value, entry.value, is_in_flow, extent)) return false;
        if (entry.value.at.line == 0) {
            entry.value.at = entry.key_at;
            report_missing_value(entry, key_offset, is_in_flow);
        }
        path_.pop_back();
        node.entries.push_back(std::move(entry));
    }
    return false;
}

/// Gives the place of the key, or nowhere when it is none.
size_t Reading::read_key(const fy_event& event, Node::Entry& entry, std::map<std::string, Position>& seen) {
    const fy_mark* start = fy_event_start_mark(const_cast<fy_event*>(&event));
    if (start != nullptr) entry.key_at = source_.position_of(start->input_pos);
    if (event.type != FYET_SCALAR || event.scalar.value == nullptr) {
        const bool is_alias = event.type == FYET_ALIAS;
        error(entry.key_at, is_alias ? "Aliases are not allowed as a key" : "Key is not a text",
              "Write `key: value`; quote a key that begins with one of [ { * ?");
        has_stopped_ = true;
        return nowhere;
    }
    size_t length = 0;
    const char* text = fy_token_get_text(event.scalar.value, &length);
    key_end_ = fy_token_end_mark(event.scalar.value)->input_pos;
    entry.key.assign(text == nullptr ? "" : text, length);
    unmask_punctuation(entry.key);
    if (length > longest_key) {
        error(entry.key_at, "Key is longer than its limit in bytes, " + std::to_string(longest_key) + ": " + entry.key,
              "A key is a name; a long text belongs into a value");
        has_stopped_ = true;
        return nowhere;
    }
    key_path_ = path_.empty() ? entry.key : path() + '.' + entry.key;
    check_properties(event.scalar.anchor, event.scalar.tag);
    if (entry.key == "<<") error(entry.key_at, "Merge keys are not allowed: <<", "Write the entries out");
    const auto [first, is_new] = seen.emplace(entry.key, entry.key_at);
    if (!is_new) {
        error(entry.key_at, "Duplicate key: " + entry.key,
              "It stands already in line " + std::to_string(first->second.line) + ", column " +
                  std::to_string(first->second.column));
    }
    return start->input_pos;
}

void Reading::report_missing_value(const Node::Entry& entry, size_t key_offset, bool is_in_flow) {
    const bool is_cut_off = is_in_flow && open_condition_.end > key_offset && open_condition_.begin < key_offset;
    if (is_cut_off) {
        cuts.push_back(std::exchange(open_condition_, {}));
        return;
    }
    error(entry.key_at, "Key without a value: " + entry.key, "Write null if nothing is meant");
}

/// Says what libfyaml's complaint means: a cut that can be read again as meant, or a mistake with a place and a mend.
void Reading::explain_complaint() {
    if (!cuts.empty()) return;
    const fy_diag_error* complaint = events_.complaint();
    if (complaint == nullptr) {
        error({1, 1}, "File cannot be read as YAML");
        return;
    }
    const Position at{.line = complaint->line, .column = complaint->column};
    const size_t offset = source_.offset_of(at);
    const std::string_view theirs = complaint->msg;
    const bool is_cut_condition = open_condition_.begin < offset && offset <= open_condition_.end + 1;
    if (!open_brackets_.empty() && open_condition_.end > 0 && is_cut_condition) {
        cuts.push_back(open_condition_);
        return;
    }
    if (theirs.find("nested block mapping on the same line") != nowhere) return explain_colon(offset);
    const bool is_behind_quote = theirs.find("invalid trailing content after") != nowhere ||
                                 theirs.find("missing comma in flow mapping") != nowhere;
    if (is_behind_quote && explain_quote(offset)) return;
    auto [message, hint] = translate_complaint(theirs);
    constexpr std::string_view bad_start = "plain scalar cannot start with '";
    if (theirs.starts_with(bad_start)) {
        message = "Text cannot begin with: " + std::string(theirs.substr(bad_start.size(), 1));
        hint = "Quote it: " + mended_line(source_.text(), offset, end_of_line_text(source_.text(), offset));
    }
    if (!open_brackets_.empty() && message.find("never opened") == nowhere) {
        const Position open = source_.position_of(open_brackets_.back());
        if (theirs.find("without a closing") != nowhere) return error(open, message, hint);
        const bool is_behind_all = source_.text().find_first_not_of(" \t\r\n", offset) == nowhere;
        if (is_behind_all && theirs.find("missing comma") != nowhere) {
            const bool is_brace = source_.text()[open_brackets_.back()] == '{';
            return error(open, is_brace ? "Brace is not closed: {" : "Bracket is not closed: [",
                         is_brace ? "Close it with }" : "Close it with ]");
        }
        hint += std::string(hint.empty() ? "" : "; ") + source_.text()[open_brackets_.back()] + " was opened in line " +
                std::to_string(open.line) + ", column " + std::to_string(open.column);
    }
    error(at, message, hint);
}

/// A second `: ` in a line: the value holds it and is no map.
void Reading::explain_colon(size_t offset) {
    const size_t line_end = end_of_line_text(source_.text(), offset);
    const bool is_value_known =
        last_plain_.begin < offset && last_plain_.end <= offset &&
        source_.text().substr(last_plain_.begin, offset - last_plain_.begin).find('\n') == nowhere;
    const bool is_masked = is_value_known && line_end > offset;
    if (!is_masked) {
        return error_at(offset, "Second `: ` in a line", "Quote the value, or begin a new line below the key");
    }
    const size_t meant_end = end_as_meant(source_.text(), last_plain_.begin, false);
    cuts.push_back({.begin = last_plain_.begin,
                    .end = meant_end != nowhere && meant_end > offset ? meant_end : line_end,
                    .path = last_plain_path_,
                    .message = "`: ` cuts the text: " + std::string(slice(last_plain_))});
}

/// A value that begins with a quoted text and goes on: a condition such as "x" == y. Returns false when it is none.
bool Reading::explain_quote(size_t offset) {
    if (key_end_ == nowhere || key_end_ >= offset) return false;
    const std::string_view text = source_.text();
    const size_t colon = text.find(':', key_end_);
    const size_t begin = colon == nowhere ? nowhere : text.find_first_not_of(" \t", colon + 1);
    if (begin == nowhere || begin >= offset || (text[begin] != '"' && text[begin] != '\'')) return false;
    const size_t meant_end = end_as_meant(text, begin, !open_brackets_.empty());
    if (meant_end == nowhere || meant_end <= offset) return false;
    cuts.push_back({.begin = begin,
                    .end = meant_end,
                    .path = key_path_,
                    .message = "Text behind a closing quote: " + std::string(text.substr(offset, meant_end - offset))});
    return true;
}

/// Gives the offset of the first row of blanks and line ends that is too long.
std::optional<size_t> find_blanks(std::string_view text) {
    size_t begin = 0;
    for (size_t at = 0; at < text.size(); ++at) {
        const bool is_blank = text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r';
        if (!is_blank) begin = at + 1;
        if (at - begin == most_blanks && is_blank) return begin;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Node> parse_yaml(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
    if (text.size() > largest_file) {
        diagnostics.error(file, {1, 1}, "", "File is too large, bytes allowed: " + std::to_string(largest_file),
                          "Move lists into CSV files");
        return std::nullopt;
    }
    text = without_byte_order_mark(text);
    const SourceText source(text);
    if (!check_characters(source, file, diagnostics)) return std::nullopt;
    if (const auto blanks = find_blanks(text)) {
        diagnostics.error(file, source.position_of(*blanks), "",
                          "Too many blanks and line ends in a row, allowed: " + std::to_string(most_blanks),
                          "Take them out");
        return std::nullopt;
    }

    std::string masked(text);
    for (size_t reading_number = 1;; ++reading_number) {
        Reading reading(source, masked, file);
        std::optional<Node> root = reading.run();
        for (const YamlCut& cut : reading.cuts) {
            diagnostics.error(file, source.position_of(cut.begin), cut.path, cut.message,
                              "Quote it: " + mended_line(text, cut.begin, cut.end));
            mask_punctuation(masked, cut.begin, cut.end);
        }
        const bool may_read_again =
            reading_number < most_readings && (reading_number == 1 || reading_number * text.size() < most_read_again);
        if (!reading.cuts.empty() && may_read_again) continue;
        for (Diagnostic& found : reading.findings.sorted()) {
            diagnostics.error(file, found.at, std::move(found.path), std::move(found.message), std::move(found.hint));
        }
        return root;
    }
}

}  // namespace headwater
