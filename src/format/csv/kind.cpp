// For describing the format csv.
#include "format/csv/csv.h"

namespace headwater {

namespace {

Result<std::unique_ptr<Format>> make(const FormatKind& kind, const FormatRequest& request) {
    auto options = read_options<CsvOptions>(kind.options, request.options, "Format csv");
    if (!options) return std::unexpected(options.error());
    if (auto checked = check_csv_options(*options); !checked) return std::unexpected(checked.error());
    return make_csv_format(*options);
}

void set_line_end(void* options, const OptionValue& value) {
    static_cast<CsvOptions*>(options)->line_end = value.text == "crlf" ? "\r\n" : "\n";
}

void set_delimiter(void* options, const OptionValue& value) {
    static_cast<CsvOptions*>(options)->delimiter = value.text == "tab" ? "\t" : value.text;
}

void set_records(void* options, const OptionValue& value) {
    static_cast<CsvOptions*>(options)->records_are_json = value.text == "json";
}

}  // namespace

const FormatKind csv_kind{
    .name = "csv",
    .help = "Rows of CSV (RFC 4180); fields of records in columns with dotted names.",
    .extension = "csv",
    .content_type = "text/csv",
    .options = {{.name = "header",
                 .help = "Put the names of the columns in the first line of every object.",
                 .shape = OptionShape::boolean,
                 .otherwise = "true",
                 .over_rest = true,
                 .set = into<&CsvOptions::header>},
                {.name = "line_end",
                 .help = "What ends a line.",
                 .shape = OptionShape::choice,
                 .otherwise = "lf",
                 .choices = {"lf", "crlf"},
                 .over_rest = true,
                 .set = set_line_end},
                {.name = "delimiter",
                 .help = "What stands between cells: , ; tab or |.",
                 .otherwise = ",",
                 .over_rest = true,
                 .set = set_delimiter},
                {.name = "records",
                 .help = "Records within records: a column for each field, with a dotted name, or one cell of JSON.",
                 .shape = OptionShape::choice,
                 .otherwise = "columns",
                 .choices = {"columns", "json"},
                 .over_rest = true,
                 .set = set_records}},
    .stands_alone = true,
    .reading = FormatReading::csv,
    .duckdb = "read_csv",
    .built_in = {.make = make},
};

}  // namespace headwater
