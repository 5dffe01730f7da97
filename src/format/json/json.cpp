// For JSON: one object per line, or the elements of one array.
#include "format/json/json.h"

#include "base/print.h"
#include "format/row_writer.h"

namespace headwater {

namespace {

std::string escaped(std::string_view text, char = 0) {
    std::string out;
    append_json_escaped(out, text);
    return out;
}

const Dialect dialect = {.escape = Escape::json, .quote = "\"", .null = "null", .delimiter = ',', .spell = escaped};

bool holds_others(const Field& field) {
    return field.storage == Storage::record || field.storage == Storage::list || field.storage == Storage::map;
}

void add_fields(RowPlan& plan, const std::vector<Field>& fields) {
    for (const Field& field : fields) {
        if (&field != fields.data()) plan.literal(",");
        plan.literal("\"");
        plan.literal(escaped(field.name));
        plan.literal("\":");
        add_json_value(plan, field);
    }
}

/// Adds a list or a map, whose items stand in rows of their own.
void add_items(RowPlan& plan, const Field& field) {
    RowPlan item(plan.narrow());
    if (field.storage == Storage::map) {
        add_json_value(item, field.children[0]);
        item.literal(":");
    }
    add_json_value(item, field.children.back());
    RowStep step;
    step.print = Print::list;
    step.slot = field.slot;
    step.between = ",";
    step.body = item.finish();
    plan.literal(field.storage == Storage::map ? "{" : "[");
    plan.add(std::move(step));
    plan.literal(field.storage == Storage::map ? "}" : "]");
}

void add_present(RowPlan& plan, const Field& field) {
    if (field.storage != Storage::record) return add_items(plan, field);
    plan.literal("{");
    add_fields(plan, field.children);
    plan.literal("}");
}

class JsonEncoder : public RecordEncoder {
  public:
    JsonEncoder(const Schema& schema, const IdentityOptions& identity, bool array)
        : writer_([schema, identity, array](bool narrow) { return compile_json(schema, identity, array, narrow); }),
          array_(array) {}

    void encode(const Batch& batch, Payload& payload) override { writer_.write(batch, payload); }
    std::string_view head() const override { return array_ ? "[" : ""; }
    /// One line, because readers of JSON lines, such as Spark's, take an array in a line for its records.
    std::string_view between() const override { return array_ ? "," : ""; }
    std::string_view tail() const override { return array_ ? "]\n" : ""; }
    uint32_t line_end_bytes() const override { return array_ ? 0 : 1; }

  private:
    RowWriter writer_;
    bool array_;
};

class JsonFormat : public Format {
  public:
    explicit JsonFormat(bool array) : Format(array ? json_array_kind : json_kind), array_(array) {}

    std::unique_ptr<RecordEncoder> record_encoder(const Schema& schema,
                                                  const IdentityOptions& identity) const override {
        return std::make_unique<JsonEncoder>(schema, identity, array_);
    }

  private:
    bool array_;
};

}  // namespace

std::vector<RowStep> compile_json(const Schema& schema, const IdentityOptions& identity, bool array, bool narrow) {
    RowPlan plan(narrow);
    plan.literal("{");
    add_fields(plan, schema.fields);
    if (identity.column) {
        if (!schema.fields.empty()) plan.literal(",");
        plan.literal("\"_headwater\":\"");
        plan.literal(escaped(identity.run + "/" + schema.stream + "/"));
        plan.identity();
        plan.literal("\"");
    }
    plan.literal(array ? "}" : "}\n");
    return plan.finish();
}

void add_json_value(RowPlan& plan, const Field& field) {
    if (!holds_others(field)) return plan.scalar(field, {}, dialect);
    std::vector<int> nulls = with_own_null({}, field);
    if (nulls.empty()) return add_present(plan, field);
    RowPlan body(plan.narrow());
    add_present(body, field);
    RowStep step;
    step.print = Print::guard;
    step.nulls = std::move(nulls);
    step.absent = "null";
    step.body = body.finish();
    plan.add(std::move(step));
}

std::unique_ptr<Format> make_json_format(bool array) { return std::make_unique<JsonFormat>(array); }

}  // namespace headwater
