// For grading what a platform set aside: which of its dead letters are wrong records, and which wrong records it let pass.
#include "verify/dead_letters.h"

#include <algorithm>
#include <utility>

#include "verify/text_pieces.h"

namespace headwater {

namespace {

constexpr size_t most_reasons = 1000;

using HeaderOf = std::function<std::optional<std::string_view>(const char* name)>;

/// Gives what stands at a place of a letter.
std::optional<std::string> text_at(const LetterPlace& place, std::string_view value, const HeaderOf& header) {
    switch (place.kind) {
        case LetterPlace::Kind::nowhere: return std::nullopt;
        case LetterPlace::Kind::value: return std::string(value);
        case LetterPlace::Kind::json: return json_text_at(value, place.name);
        case LetterPlace::Kind::header: break;
    }
    auto found = header ? header(place.name.c_str()) : std::nullopt;
    return found ? std::optional(std::string(*found)) : std::nullopt;
}

std::optional<ClaimedIdentity> identity_in(const HeaderOf& header) {
    if (!header) return std::nullopt;
    auto run = header("headwater-run"), stream = header("headwater-stream"), row = header("headwater-row");
    auto name = row ? read_row(*row) : std::nullopt;
    if (!run || !stream || !name) return std::nullopt;
    return ClaimedIdentity{std::string(*run), std::string(*stream), *name};
}

}  // namespace

Result<LetterPlace> LetterPlace::read(const std::string& text) {
    if (text == "value") return LetterPlace{Kind::value, ""};
    for (auto [prefix, kind] : {std::pair{std::string("header:"), Kind::header}, {std::string("json:"), Kind::json}})
        if (text.starts_with(prefix) && text.size() > prefix.size())
            return LetterPlace{kind, text.substr(prefix.size())};
    return fail(ErrorKind::invalid, "Place in a dead letter is none of value, header:NAME, json:PATH: " + text);
}

Result<void> LetterBox::read(TopicSource& source, const std::vector<std::string>& topics,
                             const std::vector<Shape>& shapes) {
    auto ranges = source.ranges(topics);
    if (!ranges) return std::unexpected(ranges.error());
    LandedRecord record(shapes, false);
    return source.read(*ranges, [&](const TopicRecord& one) { add(one.value.value_or(""), one.header, record); });
}

Result<void> LetterBox::read(ObjectSource& source, const std::vector<Shape>& shapes) {
    auto objects = source.list();
    if (!objects) return std::unexpected(objects.error());
    LandedRecord record(shapes, false);
    for (const StoredObject& object : *objects) {
        TextPieces pieces(source, object);
        TextWindow window(pieces);
        while (!window.is_last()) {
            if (auto more = window.more(); !more) return std::unexpected(more.error());
            for (size_t end; (end = window.view().find('\n')) != std::string_view::npos; window.use(end + 1))
                if (end > 0) add(window.view().substr(0, end), {}, record);
        }
        if (!window.view().empty()) add(window.view(), {}, record);
    }
    return {};
}

void LetterBox::add(std::string_view value, const HeaderOf& header, LandedRecord& record) {
    Letter letter;
    const std::string reason = text_at(form_.reason, value, header).value_or("");
    auto number = reason_numbers_.find(reason);
    if (number == reason_numbers_.end() && reasons_.size() < most_reasons) {
        number = reason_numbers_.emplace(reason, static_cast<uint32_t>(reasons_.size())).first;
        reasons_.push_back(reason);
    }
    letter.reason = number == reason_numbers_.end() ? 0 : number->second;
    const auto at = static_cast<uint32_t>(letters_.size());
    letters_.push_back(letter);

    auto identity = identity_in(header);
    std::string original = text_at(form_.original, value, header).value_or("");
    while (original.ends_with('\n')) original.pop_back();
    original.reserve(original.size() + json_padding_bytes);
    const std::vector<Shape>& shapes = record.shapes();
    const int shape = shapes.size() == 1 ? 0 : likeliest(shapes, json_.names(original));
    if (shape >= 0) {
        record.begin(shape);
        if (json_.read(original, record).empty()) {
            if (const auto& claimed = record.settle_identity(); claimed && !identity) identity = claimed;
            by_digest_.emplace(record.entry()->digest, at);
        } else if (!identity) {
            ++unreadable_;
        }
    } else if (!identity) {
        ++unreadable_;
    }
    if (identity) by_identity_.emplace(identity_of(key_of(identity->stream), identity->row), at);
}

const LetterBox::Letter* LetterBox::find(const Entry& sent) const {
    auto found = by_identity_.find(sent.identity);
    if (found != by_identity_.end()) return &letters_[found->second];
    found = by_digest_.find(sent.digest);
    return found == by_digest_.end() ? nullptr : &letters_[found->second];
}

bool LetterBox::holds(const Entry& sent) const { return find(sent) != nullptr; }

void LetterBox::note(const Entry& sent) {
    if (const Letter* letter = find(sent)) letters_[static_cast<size_t>(letter - letters_.data())].sent = sent.identity;
}

LetterGrade LetterBox::grade(const Answers& answers) const {
    LetterGrade grade{.letters = letters_.size(), .unreadable = unreadable_};
    std::unordered_map<ValueHash, std::vector<uint32_t>, Hash> letters_of;
    for (uint32_t i = 0; i < letters_.size(); ++i)
        if (!letters_[i].sent.is_null()) letters_of[letters_[i].sent].push_back(i);
    std::vector<bool> is_marked(letters_.size());
    for (const std::string& name : answers.names()) grade.caught.push_back({name});
    for (const Answer& answer : answers.all()) {
        CaughtCounts& counts = grade.caught[answer.name];
        ++counts.records;
        auto found = letters_of.find(answer.identity);
        if (found == letters_of.end()) continue;
        ++counts.caught;
        for (uint32_t letter : found->second) {
            is_marked[letter] = true;
            ++grade.reasons[reasons_[letters_[letter].reason]][counts.name];
        }
    }
    for (size_t i = 0; i < letters_.size(); ++i) {
        grade.marked += is_marked[i];
        grade.unknown += letters_[i].sent.is_null();
        if (!is_marked[i]) ++grade.reasons[reasons_[letters_[i].reason]][""];
    }
    grade.unknown -= std::min(grade.unknown, grade.unreadable);
    std::ranges::sort(grade.caught, {}, &CaughtCounts::name);
    return grade;
}

}  // namespace headwater
