// For CSV as RFC 4180 has it.
#include "format/csv/csv.h"

#include "base/check.h"
#include "format/json/json.h"
#include "format/row_bytes.h"
#include "format/row_writer.h"

namespace headwater {

namespace {

/// Spells a constant as a cell, in quotes where it needs them.
std::string cell_of(std::string_view text, char delimiter) {
    const bool unsafe = text.empty() || text.front() == ' ' || text.back() == ' ' ||
                        text.find_first_of("\"\r\n") != text.npos || text.find(delimiter) != text.npos;
    if (!unsafe) return std::string(text);
    std::string out(2 * text.size() + 2, ' ');
    out.resize(static_cast<size_t>(write_csv_quoted(out.data(), text.data(), static_cast<uint32_t>(text.size())) -
                                   out.data()));
    return out;
}

Dialect dialect_of(const CsvOptions& options) {
    return {.escape = Escape::csv, .quote = "", .null = "", .delimiter = options.delimiter.front(), .spell = cell_of};
}

/// Adds columns to a plan and their names to a header.
class Columns {
  public:
    Columns(RowPlan& plan, const Dialect& dialect, bool records_are_json)
        : plan_(plan), dialect_(dialect), records_are_json_(records_are_json) {}

    void add(const Field& field, const std::vector<int>& nulls, const std::string& path) {
        if (field.storage == Storage::record && !records_are_json_) {
            const std::vector<int> inner = with_own_null(nulls, field);
            for (const Field& child : field.children) add(child, inner, path + "." + child.name);
            return;
        }
        name(path);
        if (field.storage != Storage::list && field.storage != Storage::map && field.storage != Storage::record)
            return plan_.scalar(field, nulls, dialect_);
        Field items = field;
        items.nullable = false;
        RowPlan body(plan_.narrow());
        add_json_value(body, items);
        RowStep step;
        step.print = Print::cell;
        step.delimiter = dialect_.delimiter;
        step.nulls = with_own_null(nulls, field);
        step.body = body.finish();
        plan_.add(std::move(step));
    }

    void add_identity(const std::string& origin) {
        name("_headwater");
        const std::string cell = cell_of(origin, dialect_.delimiter);
        const bool quoted = cell != origin;
        plan_.literal(quoted ? cell.substr(0, cell.size() - 1) : cell);
        plan_.identity();
        plan_.literal(quoted ? "\"" : "");
    }

    const std::string& header() const { return header_; }

  private:
    void name(std::string_view column) {
        if (!first_) {
            header_ += dialect_.delimiter;
            plan_.literal(std::string_view(&dialect_.delimiter, 1));
        }
        first_ = false;
        header_ += cell_of(column, dialect_.delimiter);
    }

    RowPlan& plan_;
    Dialect dialect_;
    bool records_are_json_;
    std::string header_;
    bool first_ = true;
};

struct Compiled {
    std::vector<RowStep> steps;
    std::string header;
};

Compiled compile(const Schema& schema, const IdentityOptions& identity, const CsvOptions& options, bool narrow) {
    RowPlan plan(narrow);
    Columns columns(plan, dialect_of(options), options.records_are_json);
    for (const Field& field : schema.fields) columns.add(field, {}, field.name);
    if (identity.column) columns.add_identity(identity.run + "/" + schema.stream + "/");
    plan.literal(options.line_end);
    return {plan.finish(), columns.header() + options.line_end};
}

class CsvEncoder : public RecordEncoder {
  public:
    CsvEncoder(const Schema& schema, const IdentityOptions& identity, const CsvOptions& options)
        : writer_([=](bool narrow) { return compile_csv(schema, identity, options, narrow); }),
          header_(options.header ? compile(schema, identity, options, false).header : ""),
          line_end_bytes_(static_cast<uint32_t>(options.line_end.size())) {}

    void encode(const Batch& batch, Payload& payload) override { writer_.write(batch, payload); }
    std::string_view head() const override { return header_; }
    uint32_t line_end_bytes() const override { return line_end_bytes_; }

  private:
    RowWriter writer_;
    std::string header_;
    uint32_t line_end_bytes_;
};

/// Counts the columns of a field, and those that may be blank.
void count_columns(const Field& field, bool may_be_null, int& columns, int& blank) {
    const bool may_be_blank = may_be_null || field.nullable;
    if (field.storage == Storage::record) {
        for (const Field& child : field.children) count_columns(child, may_be_blank, columns, blank);
        return;
    }
    ++columns;
    blank += may_be_blank ? 1 : 0;
}

class CsvFormat : public Format {
  public:
    explicit CsvFormat(const CsvOptions& options) : Format(csv_kind), options_(options) {
        HW_CHECK(check_csv_options(options));
    }

    /// Refuses records that may be a blank line, as most readers pass over these.
    Result<void> prepare(const std::vector<std::shared_ptr<const Schema>>& schemas,
                         const IdentityOptions& identity) override {
        for (const auto& schema : schemas) {
            int columns = identity.column ? 1 : 0, blank = 0;
            for (const Field& field : schema->fields) count_columns(field, false, columns, blank);
            if (columns == 1 && blank == 1)
                return fail(ErrorKind::invalid,
                            "CSV of one column that may be null has blank lines, which readers pass over; take json, "
                            "add a field or say --identity column: " +
                                schema->stream);
        }
        return {};
    }

    std::unique_ptr<RecordEncoder> record_encoder(const Schema& schema,
                                                  const IdentityOptions& identity) const override {
        return std::make_unique<CsvEncoder>(schema, identity, options_);
    }

  private:
    CsvOptions options_;
};

}  // namespace

Result<void> check_csv_options(const CsvOptions& options) {
    if (options.line_end != "\n" && options.line_end != "\r\n")
        return fail(ErrorKind::invalid, "CSV line end must be \\n or \\r\\n: " + options.line_end);
    if (options.delimiter.size() != 1 || std::string_view(",;\t|").find(options.delimiter) == std::string_view::npos)
        return fail(ErrorKind::invalid, "CSV delimiter must be one of , ; tab |: " + options.delimiter);
    return {};
}

std::vector<RowStep> compile_csv(const Schema& schema, const IdentityOptions& identity, const CsvOptions& options,
                                 bool narrow) {
    return compile(schema, identity, options, narrow).steps;
}

std::unique_ptr<Format> make_csv_format(const CsvOptions& options) { return std::make_unique<CsvFormat>(options); }

}  // namespace headwater
