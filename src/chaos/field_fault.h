// For faults that give one field of a record another value: which field, and what the answer key says of it.
#pragma once

#include <string>
#include <utility>

#include "chaos/outgoing_batch.h"

namespace headwater {

/// A fault of the field that its option `field` names.
class FieldFault : public Fault {
  public:
    explicit FieldFault(const FaultPlan& plan) : field_(plan.option("field").text) {}

    Result<void> prepare(OutgoingShape& shape) final {
        const auto field = shape.field(field_);
        if (!field) return std::unexpected(field.error());
        kind_ = (*field)->type.kind;
        if (std::string refusal = refuses(kind_); !refusal.empty())
            return fail(ErrorKind::invalid, refusal + ", not " + spell((*field)->type) + ": " + field_);
        auto edited = shape.edit(field_);
        if (!edited) return std::unexpected(edited.error());
        edited_ = *edited;
        return {};
    }

    void strike(OutgoingBatch& batch, const Stroke& stroke) const final {
        std::string was;
        const bool had_value = batch.print(edited_, stroke.row, was);
        if (!change(batch, stroke, had_value, was)) return;
        batch.note_edit(stroke.row, edited_, had_value, std::move(was));
    }

  protected:
    /// Says what fields it is for, where fields of a kind are none of them; else "".
    virtual std::string refuses(Kind kind) const {
        (void)kind;
        return "";
    }
    /// Changes the value of a record, which was `was` if it had one; false when there is nothing to change.
    virtual bool change(OutgoingBatch& batch, const Stroke& stroke, bool had_value, const std::string& was) const = 0;

    Kind kind() const { return kind_; }
    int edited() const { return edited_; }

  private:
    std::string field_;
    Kind kind_ = Kind::null;  ///< as generated
    int edited_ = 0;
};

}  // namespace headwater
