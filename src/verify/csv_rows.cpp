// For reading CSV as RFC 4180 has it, row by row.
#include "verify/csv_rows.h"

#include <algorithm>

#include "verify/canonical.h"

namespace headwater {

namespace {

bool holds_others(const Type& type) {
    return type.kind == Kind::list || type.kind == Kind::map || type.kind == Kind::record;
}

}  // namespace

size_t CsvRow::read(std::string_view text, bool is_last) {
    cells_.clear();
    unescaped_.clear();
    is_broken_ = false;
    size_t at = 0;
    for (;;) {
        if (at < text.size() && text[at] == '"') {
            std::string* unescaped = nullptr;
            size_t from = ++at;
            for (;;) {
                const size_t quote = text.find('"', at);
                if (quote == std::string_view::npos || (quote + 1 == text.size() && !is_last)) {
                    if (!is_last) return 0;
                    is_broken_ = true;
                    cells_.push_back({text.substr(from), true});
                    return text.size();
                }
                if (quote + 1 < text.size() && text[quote + 1] == '"') {
                    if (unescaped == nullptr) unescaped = &unescaped_.emplace_back();
                    unescaped->append(text.substr(from, quote + 1 - from));
                    from = at = quote + 2;
                    continue;
                }
                if (unescaped != nullptr) unescaped->append(text.substr(from, quote - from));
                cells_.push_back({unescaped != nullptr ? *unescaped : text.substr(from, quote - from), true});
                at = quote + 1;
                break;
            }
            const size_t next = at;
            while (at < text.size() && text[at] != delimiter_ && text[at] != '\n' && text[at] != '\r') ++at;
            is_broken_ = is_broken_ || at > next;
        } else {
            const size_t from = at;
            while (at < text.size() && text[at] != delimiter_ && text[at] != '\n' && text[at] != '\r') ++at;
            cells_.push_back({text.substr(from, at - from), false});
        }
        if (at == text.size()) return is_last ? at : 0;
        if (text[at] == delimiter_) {
            ++at;
            continue;
        }
        if (text[at] == '\n') return at + 1;
        if (at + 1 == text.size() && !is_last) return 0;
        return at + 1 < text.size() && text[at + 1] == '\n' ? at + 2 : at + 1;
    }
}

char delimiter_of(std::string_view first_line, const std::vector<Shape>& shapes) {
    char best = ',';
    double most = 0;
    for (const char delimiter : {',', ';', '\t', '|'}) {
        CsvRow row(delimiter);
        row.read(first_line, true);
        std::vector<std::string> names;
        for (const CsvCell& cell : row.cells()) names.emplace_back(cell.text);
        for (const Shape& shape : shapes) {
            const double likeness = shape.likeness(names);
            if (likeness <= most) continue;
            most = likeness;
            best = delimiter;
        }
    }
    return best;
}

bool CsvRecords::begin(const std::vector<CsvCell>& cells) {
    names_.clear();
    for (const CsvCell& cell : cells) names_.emplace_back(cell.text);
    if (names_[0].starts_with("\xef\xbb\xbf")) names_[0].erase(0, 3);
    leaves_.assign(cells.size(), unknown);
    // Columns may have been dropped: a header is what holds any name of a stream.
    shape_ = -1;
    double most = 0;
    for (size_t i = 0; i < shapes_.size(); ++i) {
        const Shape& shape = shapes_[i];
        auto known = std::ranges::count_if(names_, [&](const std::string& name) { return shape.leaf_at(name) >= 0; });
        const double share = static_cast<double>(known) / static_cast<double>(shape.leaves().size());
        if (share <= most) continue;
        most = share;
        shape_ = static_cast<int>(i);
    }
    if (shape_ >= 0) {
        for (size_t i = 0; i < names_.size(); ++i)
            leaves_[i] = names_[i] == "_headwater" ? identity : shapes_[static_cast<size_t>(shape_)].leaf_at(names_[i]);
        return true;
    }
    for (size_t i = 0; i < shapes_.size() && shape_ < 0; ++i) {
        const std::vector<int>* leaves = shapes_[i].leaves_by_count(cells.size());
        if (leaves == nullptr && !cells.empty()) leaves = shapes_[i].leaves_by_count(cells.size() - 1);
        if (leaves == nullptr) continue;
        shape_ = static_cast<int>(i);
        for (size_t column = 0; column < cells.size(); ++column)
            leaves_[column] = column < leaves->size() ? (*leaves)[column] : identity;
    }
    return false;
}

std::string CsvRecords::read(const CsvRow& row, LandedRecord& record, JsonRecords& json) const {
    if (row.is_broken()) return "a quote is not closed where its cell ends";
    const auto& cells = row.cells();
    if (cells.size() != leaves_.size())
        return "it has " + std::to_string(cells.size()) + " cells instead of " + std::to_string(leaves_.size());
    for (size_t i = 0; i < cells.size(); ++i) {
        const CsvCell& cell = cells[i];
        if (leaves_[i] == identity) {
            record.claim(cell.text);
            continue;
        }
        const bool is_null = cell.text.empty() && !cell.is_quoted;
        if (record.keeps_texts() && !is_null) record.add_text(names_[i], cell.text);
        if (leaves_[i] == unknown) {
            if (!is_null) record.set_unknown(names_[i], hash_text(cell.text));
            continue;
        }
        const Type& type = record.shape_of().leaves()[static_cast<size_t>(leaves_[i])].type;
        ValueHash hash;
        if (!is_null)
            hash =
                holds_others(type) ? json.hash_cell(type, cell.text) : hash_rendered(type, Rendering::any, cell.text);
        record.set(leaves_[i], hash);
    }
    return {};
}

}  // namespace headwater
