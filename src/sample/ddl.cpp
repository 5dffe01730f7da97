// For reading SQL DDL as a sample: CREATE TABLE and CREATE TYPE as PostgreSQL and MySQL write them.
#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "base/text.h"
#include "base/time.h"
#include "sample/sample.h"

namespace headwater {

namespace {

using Is = FieldLook::Is;

/// A share of nulls where a column allows them and nothing was seen.
constexpr double guessed_null_share = 0.1;

/// A word, a symbol or a text of SQL.
struct Token {
    enum class Is { word, quoted_name, text, number, symbol, end } is = Is::end;
    std::string text;
    std::string upper;  ///< of words
};

bool is_word(char c) {
    return is_letter_or_digit(c) || c == '_' || c == '$' || (static_cast<unsigned char>(c) & 0x80) != 0;
}

std::vector<Token> tokens_of(const std::string& sql) {
    std::vector<Token> tokens;
    size_t i = 0;
    auto until = [&](const std::string& mark, size_t from) { return std::min(sql.find(mark, from), sql.size()); };
    while (i < sql.size()) {
        const char c = sql[i];
        if (std::isspace(static_cast<unsigned char>(c)) != 0) {
            ++i;
        } else if (sql.compare(i, 2, "--") == 0 || (c == '#' && (i == 0 || sql[i - 1] == '\n'))) {
            i = until("\n", i);
        } else if (sql.compare(i, 2, "/*") == 0) {
            i = std::min(until("*/", i) + 2, sql.size());
        } else if (c == '\'' || c == '"' || c == '`' || c == '[') {
            const char close = c == '[' ? ']' : c;
            Token token{c == '\'' ? Token::Is::text : Token::Is::quoted_name, "", ""};
            for (++i; i < sql.size() && (sql[i] != close || (i + 1 < sql.size() && sql[i + 1] == close)); ++i) {
                if (sql[i] == close) ++i;
                token.text += sql[i];
            }
            ++i;
            tokens.push_back(token);
        } else if (is_word(c)) {
            const size_t from = i;
            const bool number = is_digit(c);
            while (i < sql.size() && (is_word(sql[i]) || (number && sql[i] == '.'))) ++i;
            const std::string text = sql.substr(from, i - from);
            tokens.push_back({number ? Token::Is::number : Token::Is::word, text, upper(text)});
        } else {
            tokens.push_back({Token::Is::symbol, std::string(1, c), ""});
            ++i;
        }
    }
    return tokens;
}

/// Reads statements; what it does not know is passed over.
class DdlReader {
  public:
    explicit DdlReader(const std::string& sql) : tokens_(tokens_of(sql)) {}

    std::vector<StreamLook> read() {
        while (at_ < tokens_.size()) {
            if (take("CREATE")) {
                while (peek_word() == "OR" || peek_word() == "REPLACE" || peek_word() == "TEMPORARY" ||
                       peek_word() == "TEMP" || peek_word() == "UNLOGGED")
                    ++at_;
                if (take("TABLE"))
                    read_table();
                else if (take("TYPE"))
                    read_type();
            } else if (take("ALTER")) {
                read_alter();
            }
            while (at_ < tokens_.size() && !is_symbol(";")) ++at_;
            ++at_;
        }
        return std::move(tables_);
    }

  private:
    const Token& peek() const {
        static const Token end;
        return at_ < tokens_.size() ? tokens_[at_] : end;
    }
    std::string peek_word() const { return peek().is == Token::Is::word ? peek().upper : ""; }
    bool is_symbol(const char* symbol) const { return peek().is == Token::Is::symbol && peek().text == symbol; }
    bool take(const char* word) {
        if (peek_word() != word) return false;
        ++at_;
        return true;
    }
    bool take_symbol(const char* symbol) {
        if (!is_symbol(symbol)) return false;
        ++at_;
        return true;
    }

    /// Takes a name without its schema.
    std::string take_name() {
        std::string name = peek().text;
        ++at_;
        while (take_symbol(".")) {
            name = peek().text;
            ++at_;
        }
        return name;
    }

    std::vector<std::string> take_names() {
        std::vector<std::string> names;
        if (!take_symbol("(")) return names;
        while (at_ < tokens_.size() && !is_symbol(")")) {
            if (peek().is == Token::Is::word || peek().is == Token::Is::quoted_name) names.push_back(peek().text);
            skip_one();
        }
        take_symbol(")");
        return names;
    }

    /// Passes over one token, or over parentheses with what they hold.
    void skip_one() {
        if (!take_symbol("(")) {
            ++at_;
            return;
        }
        for (int open = 1; at_ < tokens_.size() && open > 0; ++at_)
            open += is_symbol("(") ? 1 : is_symbol(")") ? -1 : 0;
    }

    void read_type() {
        const std::string name = take_name();
        if (take("AS") && take("ENUM")) enums_[lower(name)] = take_texts();
    }

    std::vector<std::string> take_texts() {
        std::vector<std::string> texts;
        if (!take_symbol("(")) return texts;
        for (; at_ < tokens_.size() && !is_symbol(")"); ++at_) {
            if (peek().is == Token::Is::text) texts.push_back(peek().text);
        }
        take_symbol(")");
        return texts;
    }

    void read_table() {
        if (take("IF")) at_ += 2;  // NOT EXISTS
        StreamLook table{take_name(), {}};
        if (!take_symbol("(")) return;
        while (at_ < tokens_.size() && !is_symbol(")")) {
            if (!read_constraint(table)) read_column(table);
            while (at_ < tokens_.size() && !is_symbol(",") && !is_symbol(")")) skip_one();
            take_symbol(",");
        }
        take_symbol(")");
        if (!table.fields.empty()) tables_.push_back(std::move(table));
    }

    /// Reads `ALTER TABLE t ADD CONSTRAINT ... FOREIGN KEY`, as dumps write it.
    void read_alter() {
        if (!take("TABLE")) return;
        take("ONLY");
        const std::string name = take_name();
        const auto table =
            std::find_if(tables_.begin(), tables_.end(), [&](const StreamLook& one) { return one.name == name; });
        if (table != tables_.end() && take("ADD")) read_constraint(*table);
    }

    bool read_constraint(StreamLook& table) {
        if (peek().is == Token::Is::quoted_name) return false;
        if (take("CONSTRAINT")) take_name();
        if (take("PRIMARY")) {
            take("KEY");
            mark_keys(table, take_names());
        } else if (take("FOREIGN")) {
            take("KEY");
            if (!is_symbol("(")) take_name();
            const auto columns = take_names();
            if (take("REFERENCES")) refer(table, columns);
        } else if (peek_word() == "UNIQUE" || peek_word() == "KEY" || peek_word() == "INDEX" ||
                   peek_word() == "CHECK" || peek_word() == "EXCLUDE" || peek_word() == "FULLTEXT" ||
                   peek_word() == "LIKE") {
            ++at_;
        } else {
            return false;
        }
        return true;
    }

    static void mark_keys(StreamLook& table, const std::vector<std::string>& names) {
        for (FieldLook& field : table.fields) {
            if (std::find(names.begin(), names.end(), field.name) == names.end()) continue;
            field.is_key = true;
            field.nullable = false;
        }
    }

    void refer(StreamLook& table, const std::vector<std::string>& columns) {
        const std::string other = take_name();
        const auto others = is_symbol("(") ? take_names() : std::vector<std::string>{};
        for (size_t i = 0; i < columns.size(); ++i) {
            for (FieldLook& field : table.fields) {
                if (field.name != columns[i]) continue;
                field.refers_to = other;
                field.refers_to_column = i < others.size() ? others[i] : "";
            }
        }
    }

    void read_column(StreamLook& table) {
        FieldLook field;
        field.name = take_name();
        field.nullable = true;
        read_column_type(field);
        table.fields.push_back(std::move(field));
        FieldLook& column = table.fields.back();
        while (at_ < tokens_.size() && !is_symbol(",") && !is_symbol(")")) {
            if (take("NOT")) {
                if (take("NULL")) column.nullable = false;
            } else if (take("PRIMARY")) {
                column.is_key = true;
                column.nullable = false;
            } else if (take("REFERENCES")) {
                const std::string name = column.name;
                refer(table, {name});
            } else if (take("DEFAULT")) {
                skip_one();
            } else if (take("CHECK")) {
                read_check(column);
            } else {
                skip_one();
            }
        }
        column.null_share = column.nullable ? guessed_null_share : 0;
    }

    /// Reads `CHECK (column IN ('a', 'b'))` as a choice; other checks are passed over.
    void read_check(FieldLook& column) {
        const size_t from = at_;
        skip_one();
        const size_t until = at_;
        std::vector<std::string> texts;
        bool in = false;
        for (size_t i = from; i < until; ++i) {
            in = in || tokens_[i].upper == "IN" || tokens_[i].upper == "ANY";
            if (tokens_[i].is == Token::Is::text) texts.push_back(tokens_[i].text);
        }
        if (in && column.is == Is::text && !texts.empty()) choose(column, texts);
    }

    static void choose(FieldLook& field, const std::vector<std::string>& texts) {
        field.is = Is::text;
        field.choices.clear();
        for (const std::string& text : texts) field.choices.emplace_back(text, 1);
        field.choices_are_all = true;
    }

    void read_column_type(FieldLook& field) {
        const bool named = peek().is == Token::Is::word || peek().is == Token::Is::quoted_name;
        const std::string type = named ? lower(take_name()) : "";
        if (type == "enum" || type == "set") return choose(field, take_texts());
        if (const auto known = enums_.find(type); known != enums_.end()) return choose(field, known->second);
        std::vector<int> sizes;
        if (take_symbol("(")) {
            for (; at_ < tokens_.size() && !is_symbol(")"); ++at_) {
                if (peek().is == Token::Is::number) sizes.push_back(std::atoi(peek().text.c_str()));
            }
            take_symbol(")");
        }
        if (type == "double") take("PRECISION");
        if (type == "character") take("VARYING");
        if (peek().is == Token::Is::symbol && peek().text == "(" && type == "character") skip_one();
        set_type(field, type, sizes);
        if (peek().is == Token::Is::quoted_name) {  // text[]: brackets are read as a name
            ++at_;
            make_list(field);
        }
        if (take("WITH")) {
            take("TIME");
            take("ZONE");
        } else if (take("WITHOUT")) {
            take("TIME");
            take("ZONE");
            field.form = InstantForm::local;
        }
    }

    static void make_list(FieldLook& field) {
        if (field.is == Is::list) return;
        FieldLook item = field;
        item.name = "item";
        item.nullable = false;
        field.children = {item};
        field.choices.clear();
        field.is = Is::list;
    }

    static void set_type(FieldLook& field, const std::string& type, const std::vector<int>& sizes) {
        auto is = [&](std::initializer_list<const char*> names) {
            return std::any_of(names.begin(), names.end(), [&](const char* name) { return type == name; });
        };
        auto whole = [&](int64_t low, int64_t high) {
            field.is = Is::integer;
            field.low = low;
            field.high = high;
        };
        if (is({"bool", "boolean", "bit"}) || (type == "tinyint" && !sizes.empty() && sizes[0] == 1))
            field.is = Is::boolean;
        else if (is({"tinyint"}))
            whole(0, 100);
        else if (is({"smallint", "int2", "smallserial", "mediumint", "year"}))
            type == "year" ? whole(1990, 2026) : whole(1, 100);
        else if (is({"int", "integer", "int4", "serial", "bigint", "int8", "bigserial"}))
            whole(1, 1000);
        else if (is({"numeric", "decimal", "dec", "number", "money"}))
            set_decimal(field, type == "money" ? std::vector<int>{10, 2} : sizes);
        else if (is({"real", "float", "float4", "float8", "double"})) {
            field.is = Is::real;
            field.real_high = 100;
        } else if (is({"uuid", "uniqueidentifier"}))
            field.is = Is::uuid;
        else if (is({"date"})) {
            field.is = Is::date;
            field.low = days_of({2025, 1, 1});
            field.high = days_of({2025, 12, 31});
        } else if (is({"timestamp", "timestamptz", "datetime", "datetime2"})) {
            field.is = Is::instant;
            field.unit = !sizes.empty() && sizes[0] == 0 ? TimeUnit::second : TimeUnit::milli;
            field.form = type.starts_with("datetime") ? InstantForm::local : InstantForm::iso;
        } else if (is({"bytea", "blob", "binary", "varbinary", "longblob", "mediumblob"})) {
            field.is = Is::hex;
            field.low = field.high = 16;
        } else if (is({"inet", "cidr"}))
            field.is = Is::ipv4;
        else
            field.is = Is::text;
        if (field.is == Is::text && !sizes.empty()) field.high = sizes[0];
    }

    static void set_decimal(FieldLook& field, const std::vector<int>& sizes) {
        const int scale = sizes.size() > 1 ? std::min(sizes[1], 9) : sizes.empty() ? 2 : 0;
        const int precision = sizes.empty() ? 6 : sizes[0];
        field.is = scale > 0 ? Is::decimal : Is::integer;
        field.scale = scale;
        field.low = 1;
        int64_t high = 1;
        for (int i = 0; i < std::min({precision, 4 + scale, 17}); ++i) high *= 10;
        field.high = high - 1;
    }

    std::vector<Token> tokens_;
    size_t at_ = 0;
    std::vector<StreamLook> tables_;
    std::map<std::string, std::vector<std::string>> enums_;
};

}  // namespace

Result<std::vector<StreamLook>> look_at_ddl(const std::string& text) {
    std::vector<StreamLook> tables = DdlReader(text).read();
    if (tables.empty()) return fail(ErrorKind::invalid, "The SQL creates no table with columns");
    for (StreamLook& table : tables) {
        for (FieldLook& field : table.fields) field.null_share = field.nullable ? guessed_null_share : 0;
    }
    return tables;
}

}  // namespace headwater
