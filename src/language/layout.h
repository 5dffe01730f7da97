// For laying a compiled value out as columns of a record: fields, slots, dictionaries.
#pragma once

#include <map>
#include <string>

#include "language/compiler.h"
#include "language/type_syntax.h"

namespace headwater {

/// Types declared under `types:`, by dotted path.
using DeclaredTypes = std::map<std::string, DeclaredType>;

/// Lays values out as fields and adds the outputs of their slots to the builder.
class RecordLayout {
  public:
    /// `slots` counts the slots that are taken already.
    RecordLayout(Compiler& compiler, const DeclaredTypes& declared, int slots = 0)
        : compiler_(compiler), declared_(declared), slots_(slots) {}

    /// Lays out one value under a dotted path. `at` is where it stands, for messages. Gives false after a report.
    bool lay_out(const Context& context, Position at, const std::string& path, const std::string& name,
                 const Meaning& value, int frame, Field& field);
    int slot_count() const { return slots_; }

  private:
    int slot(Reg value, Reg null, int frame, int list_frame = -1);
    bool lay_out_record(const Context& context, Position at, const std::string& path, const Meaning& value, int frame,
                        Field& field);
    bool lay_out_list(const Context& context, Position at, const std::string& path, const Meaning& value,
                      const DeclaredType* declared, int frame, Field& field);
    bool lay_out_map(const Context& context, Position at, const std::string& path, const Meaning& value,
                     const Type& type, int frame, Field& field);
    bool lay_out_scalar(const Meaning& value, int frame, Field& field);
    void lay_out_text(const Meaning& value, int frame, Field& field);

    Compiler& compiler_;
    const DeclaredTypes& declared_;
    int slots_;
};

}  // namespace headwater
