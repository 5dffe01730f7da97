// For grading what a platform set aside: which of its dead letters are wrong records, and which wrong records it let pass.
#include "verify/dead_letters.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "verify/delivered_text.h"
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
                             const std::vector<Shape>& shapes, const StopToken& stop) {
    auto ranges = source.ranges(topics);
    if (!ranges) return std::unexpected(ranges.error());
    LandedRecord record(shapes, false);
    return source.read(
        *ranges, [&](const TopicRecord& one) { add(one.value.value_or(""), one.header, record); },
        [&] { return stop.requested(); });
}

Result<void> LetterBox::read(ObjectSource& source, const std::vector<Shape>& shapes, const StopToken& stop) {
    auto objects = source.list();
    if (!objects) return std::unexpected(objects.error());
    LandedRecord record(shapes, false);
    for (const StoredObject& object : *objects) {
        TextPieces pieces(source, object);
        TextWindow window(pieces);
        while (!window.is_last() && !stop.requested()) {
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
            if (const ClaimedIdentity* claimed = record.settle_identity(); claimed != nullptr && !identity)
                identity = *claimed;
            link(by_digest_, record.entry()->digest, at, &Letter::next_alike);
        } else {
            letters_[at].is_unreadable = true;
        }
    } else {
        letters_[at].is_unreadable = true;
    }
    if (letters_[at].is_unreadable) link(by_line_, line_hash(trimmed(original)), at, &Letter::next_alike);
    if (identity) link(by_identity_, identity_of(key_of(identity->stream), identity->row), at, &Letter::next_named);
}

/// Puts a letter in front of those that are known by the same key.
template <typename Map, typename Key>
void LetterBox::link(Map& letters, const Key& key, uint32_t letter, Next next) {
    auto [first, is_new] = letters.try_emplace(key, letter);
    if (!is_new) letters_[letter].*next = std::exchange(first->second, letter);
}

void LetterBox::mark_named(uint32_t first, const ValueHash& sent) {
    for (uint32_t letter = first; letter != nobody; letter = letters_[letter].next_named) letters_[letter].sent = sent;
}

/// Of letters that are alike each record gets another one; the last one stands for those that are left over.
void LetterBox::mark_next_alike(uint32_t& first, const ValueHash& sent) {
    letters_[first].sent = sent;
    if (letters_[first].next_alike == nobody) return;
    first = letters_[first].next_alike;
    letters_[first].sent = sent;
}

/// Gives letters that are there more often than records like them to one of those.
void LetterBox::spread() {
    const auto follow = [this](const auto& firsts) {
        for (const auto& [key, first] : firsts)
            for (uint32_t at = first; letters_[at].next_alike != nobody; at = letters_[at].next_alike)
                if (Letter& next = letters_[letters_[at].next_alike]; next.sent.is_null())
                    next.sent = letters_[at].sent;
    };
    follow(by_digest_);
    follow(by_line_);
}

bool LetterBox::holds(const Entry& sent) const {
    return by_identity_.contains(sent.identity) || by_digest_.contains(sent.digest);
}

void LetterBox::note(const Entry& sent) {
    if (auto found = by_identity_.find(sent.identity); found != by_identity_.end())
        return mark_named(found->second, sent.identity);
    if (auto found = by_digest_.find(sent.digest); found != by_digest_.end())
        mark_next_alike(found->second, sent.identity);
}

bool LetterBox::holds(const DamagedRecord& sent) const {
    const auto is_there = [this](uint64_t line) { return by_line_.contains(line); };
    return by_identity_.contains(sent.identity) || std::ranges::any_of(sent.lines, is_there);
}

void LetterBox::note(const DamagedRecord& sent) {
    if (auto found = by_identity_.find(sent.identity); found != by_identity_.end())
        return mark_named(found->second, sent.identity);
    for (const uint64_t line : sent.lines)
        if (auto found = by_line_.find(line); found != by_line_.end()) mark_next_alike(found->second, sent.identity);
}

LetterGrade LetterBox::grade(const Answers& answers, const std::set<std::string>& gone) {
    spread();
    LetterGrade grade{.letters = letters_.size()};
    std::unordered_map<ValueHash, std::vector<uint32_t>, Hash> letters_of;
    for (uint32_t i = 0; i < letters_.size(); ++i)
        if (!letters_[i].sent.is_null()) letters_of[letters_[i].sent].push_back(i);
    std::vector<bool> is_marked(letters_.size());
    for (const std::string& name : answers.names()) grade.caught.push_back({name});
    for (const std::string& reason : reasons_) grade.reasons.push_back({reason});
    answers.each_record([&](const ValueHash& identity, const std::vector<uint32_t>& names) {
        if (std::ranges::any_of(names, [&](uint32_t name) { return gone.contains(answers.names()[name]); })) return;
        const auto letters = letters_of.find(identity);
        for (const uint32_t name : names) {
            CaughtCounts& counts = grade.caught[name];
            ++counts.records;
            if (letters == letters_of.end()) continue;
            ++counts.caught;
            for (const uint32_t letter : letters->second) {
                is_marked[letter] = true;
                ++grade.reasons[letters_[letter].reason].of[counts.name];
            }
        }
    });
    for (size_t i = 0; i < letters_.size(); ++i) {
        ReasonCounts& reason = grade.reasons[letters_[i].reason];
        ++reason.letters;
        grade.marked += is_marked[i];
        grade.unreadable += letters_[i].sent.is_null() && letters_[i].is_unreadable;
        grade.unknown += letters_[i].sent.is_null() && !letters_[i].is_unreadable;
        if (!is_marked[i]) ++reason.of[""];
    }
    for (ReasonCounts& reason : grade.reasons) {
        for (const auto& [name, letters] : reason.of) {
            if (name.empty() || letters <= reason.carrying) continue;
            reason.name = name;
            reason.carrying = letters;
        }
        const auto stands_for = std::ranges::find(grade.caught, reason.name, &CaughtCounts::name);
        if (reason.reason.empty() || stands_for == grade.caught.end()) continue;
        stands_for->letters += reason.letters;
        stands_for->carrying += reason.carrying;
    }
    std::erase_if(grade.caught, [&](const CaughtCounts& one) { return gone.contains(one.name); });
    std::ranges::sort(grade.caught, {}, &CaughtCounts::name);
    std::ranges::sort(grade.reasons, {}, &ReasonCounts::reason);
    return grade;
}

}  // namespace headwater
