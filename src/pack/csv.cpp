#include "pack/csv.h"

#include <charconv>
#include <cstdlib>

namespace headwater {

namespace {

bool is_whole(const std::string& text) {
    if (text.empty() || text.size() > 18) return false;
    const size_t first = text[0] == '-' ? 1 : 0;
    if (first == text.size() || (text[first] == '0' && text.size() > first + 1)) return false;
    return text.find_first_not_of("0123456789", first) == std::string::npos;
}

/// Numbers with a leading zero (007) are no numbers but codes, and stay as they are.
bool is_number(const std::string& text) {
    const size_t first = text.starts_with('-') ? 1 : 0;
    if (text.size() > first + 1 && text[first] == '0' && text[first + 1] >= '0' && text[first + 1] <= '9') return false;
    if (text.empty()) return false;
    char* end = nullptr;
    (void)std::strtod(text.c_str(), &end);
    const bool shape = text.find_first_not_of("0123456789.-+eE") == std::string::npos;
    return shape && end == text.c_str() + text.size();
}

}  // namespace

std::vector<std::vector<std::string>> read_csv(std::string_view text, const Reading& reading) {
    std::vector<std::vector<std::string>> rows;
    std::vector<std::string> row;
    std::string cell;
    bool quoted = false, started = false;
    int line = 1, quote_line = 1;
    auto end_row = [&] {
        row.push_back(std::move(cell));
        cell.clear();
        if (row.size() > 1 || !row[0].empty() || started) rows.push_back(std::move(row));
        row.clear();
        started = false;
    };
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n') ++line;
        if (quoted) {
            if (c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
                cell += '"';
                ++i;
            } else if (c == '"') {
                quoted = false;
            } else {
                cell += c;
            }
        } else if (c == '"' && cell.empty()) {
            quoted = started = true;
            quote_line = line;
        } else if (c == ',') {
            row.push_back(std::move(cell));
            cell.clear();
            started = true;
        } else if (c == '\n') {
            end_row();
        } else if (c != '\r' || i + 1 >= text.size() || text[i + 1] != '\n') {
            cell += c;
            started = true;
        }
    }
    if (quoted) reading.error({quote_line, 1}, "", "A quote is not closed");
    if (started || !cell.empty() || !row.empty()) end_row();
    return rows;
}

std::shared_ptr<const Table> column_of_texts(const std::vector<std::string>& cells, Type* type) {
    auto table = std::make_shared<Table>();
    bool whole = !cells.empty(), number = !cells.empty(), truth = !cells.empty();
    for (const std::string& cell : cells) {
        whole = whole && is_whole(cell);
        number = number && is_number(cell);
        truth = truth && (cell == "true" || cell == "false");
    }
    *type = type_of(whole ? Kind::integer : number ? Kind::real : truth ? Kind::boolean : Kind::text);
    table->phys = whole ? Phys::i64 : number ? Phys::f64 : truth ? Phys::u8 : Phys::text;
    for (const std::string& cell : cells) {
        if (whole) {
            table->i64.push_back(std::strtoll(cell.c_str(), nullptr, 10));
        } else if (number) {
            table->f64.push_back(std::strtod(cell.c_str(), nullptr));
        } else if (truth) {
            table->u8.push_back(cell == "true");
        } else {
            table->text.push_back(cell);
        }
    }
    return table;
}

std::shared_ptr<const ConstantList> list_of_csv(const std::string& name, std::string_view text,
                                                const Reading& reading) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    const auto rows = read_csv(text, reading);
    if (rows.size() < 2) {
        reading.error({1, 1}, "", "A list needs a header and at least one row: " + name);
        return nullptr;
    }
    auto list = std::make_shared<ConstantList>();
    list->name = name;
    list->records = true;
    list->size = static_cast<int64_t>(rows.size()) - 1;
    for (size_t r = 1; r < rows.size(); ++r) {
        if (rows[r].size() != rows[0].size()) {
            reading.error({static_cast<int>(r) + 1, 1}, "",
                          "A row has " + std::to_string(rows[r].size()) + (rows[r].size() == 1 ? " cell" : " cells") +
                              " where the header has " + std::to_string(rows[0].size()));
            return nullptr;
        }
    }
    for (size_t c = 0; c < rows[0].size(); ++c) {
        std::vector<std::string> cells;
        for (size_t r = 1; r < rows.size(); ++r) cells.push_back(rows[r][c]);
        Type type;
        const auto table = column_of_texts(cells, &type);
        if (rows[0][c] == "weight") {
            auto weights = std::make_shared<Table>();
            weights->phys = Phys::f64;
            double total = 0;
            for (size_t r = 0; r < cells.size(); ++r) {
                const double weight =
                    type.kind == Kind::text || type.kind == Kind::boolean ? -1 : std::strtod(cells[r].c_str(), nullptr);
                if (weight < 0) {
                    reading.error({static_cast<int>(r) + 2, 1}, "", "A weight is a number not below 0: " + cells[r]);
                    return nullptr;
                }
                weights->f64.push_back(weight);
                total += weight;
            }
            if (total <= 0) {
                reading.error({1, 1}, "", "All weights are 0: " + name);
                return nullptr;
            }
            weights->alias = Alias::of(weights->f64);
            list->weights = weights;
        }
        for (const std::string& other : list->columns) {
            if (other == rows[0][c]) reading.error({1, 1}, "", "A column stands twice: " + other);
        }
        list->columns.push_back(rows[0][c]);
        list->types.push_back(type);
        list->values.push_back(table);
    }
    return list;
}

}  // namespace headwater
