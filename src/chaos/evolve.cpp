// For the fault `evolve`: the next version of a schema, compatible or not.
#include "chaos/outgoing_batch.h"
#include "chaos/schema_change.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class Evolve final : public Fault {
  public:
    explicit Evolve(const FaultPlan& plan)
        : add_(plan.option("add").changes),
          remove_(plan.option("remove").texts),
          rename_(plan.option("rename").changes),
          retype_(plan.option("retype").changes) {}

    bool reshapes() const override { return true; }

    Result<void> prepare(OutgoingShape& shape) override {
        if (add_.empty() && remove_.empty() && rename_.empty() && retype_.empty())
            return fail(ErrorKind::invalid,
                        "A schema evolves by add, remove, rename or retype: " + shape.schema().stream);
        for (const std::string& path : remove_)
            if (auto field = shape.field(path); !field) return std::unexpected(field.error());
        for (auto& [path, to] : rename_)
            if (auto field = shape.field(path); !field) return std::unexpected(field.error());
        for (auto& [path, type] : retype_) {
            const auto field = shape.field(path);
            if (!field) return std::unexpected(field.error());
            if (auto checked = check_retype(**field, path, type); !checked) return checked;
        }
        for (auto& [path, value] : add_)
            if (shape.field(path)) return fail(ErrorKind::invalid, "Stream has this field already: " + path);
        return {};
    }

    void reshape(Schema& schema) const override {
        for (auto& [path, type] : retype_) retype_field(schema, path, type);
        for (const std::string& path : remove_) remove_field(schema, path);
        for (auto& [path, to] : rename_) rename_field(schema, path, to);
        for (auto& [path, value] : add_) add_field(schema, path, value);
        ++schema.version;
    }

    void strike(OutgoingBatch& batch, const Stroke& stroke) const override {
        batch.reshape(stroke.row);
        batch.note_sent(stroke.row, "next version");
    }

  private:
    std::vector<std::pair<std::string, std::string>> add_;
    std::vector<std::string> remove_;
    std::vector<std::pair<std::string, std::string>> rename_, retype_;
};

}  // namespace

FaultVerb evolve_fault() {
    return {.name = "evolve",
            .group = FaultGroup::schema,
            .help = "From the window on, records have the next version of their schema.",
            .options = {{"add", FaultOptionKind::changes, "-", "fields and what they hold"},
                        {"remove", FaultOptionKind::fields, "-", "fields that are gone"},
                        {"rename", FaultOptionKind::changes, "-", "fields and their new names"},
                        {"retype", FaultOptionKind::changes, "-", "fields and what they become: text or record"}},
            .make = make_fault<Evolve>};
}

}  // namespace headwater
