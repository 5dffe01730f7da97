#include "language/layout.h"

#include <algorithm>

#include "base/print.h"

namespace headwater {

int RecordLayout::slot(Reg value, Reg null, int frame, int list_frame) {
    ProgramBuilder& build = compiler_.build;
    Output output;
    output.value = value == no_reg ? no_reg : build.in_frame(value, frame);
    output.null = null == no_reg ? no_reg : build.in_frame(null, frame);
    output.frame = frame;
    output.list_frame = list_frame;
    build.outputs().push_back(output);
    return slots_++;
}

bool RecordLayout::lay_out(const Context& context, Position at, const std::string& path, const std::string& name,
                           const Meaning& value, int frame, Field& field) {
    field.name = name;
    if (value.broken()) return false;
    Meaning settled = value;
    const auto declared = declared_.find(path);
    if (declared != declared_.end()) {
        field.pii = declared->second.pii;
        const Type& type = declared->second.type;
        if (type.kind == Kind::map && value.is == Meaning::Is::record) {
            return lay_out_map(context, at, path, value, type, frame, field);
        }
        if (type.kind == Kind::list || type.kind == Kind::map) {
            if (value.is != Meaning::Is::items && value.is != Meaning::Is::list) {
                compiler_.fail(
                    context, at,
                    "The type of " + path + " is " + spell(type) + ", but this is " + Compiler::describe(value));
                return false;
            }
        } else {
            settled = compiler_.as_type(context, at, value, type, path);
            if (settled.broken()) return false;
        }
        if (settled.null != no_reg && !declared->second.nullable) {
            const Constant* known = compiler_.build.constant(settled.null);
            if (!known || known->integer) {
                compiler_.fail(context, at, "The value of " + path + " may be null, but its type is " + spell(type),
                               "Write " + spell(type) + " or null, or give a value with coalesce().");
                return false;
            }
        }
        if (declared->second.nullable && settled.null == no_reg) settled.null = compiler_.build.boolean(false);
    }
    if (settled.is == Meaning::Is::list) settled = compiler_.items_of(context, settled.list);
    if (settled.is == Meaning::Is::record) return lay_out_record(context, at, path, settled, frame, field);
    if (settled.is == Meaning::Is::items)
        return lay_out_list(context, at, path, settled, declared == declared_.end() ? nullptr : &declared->second,
                            frame, field);
    if (!settled.scalar()) {
        compiler_.fail(context, at, "This is " + Compiler::describe(settled) + " and no value: " + path);
        return false;
    }
    if (settled.type.kind == Kind::null && declared == declared_.end()) {
        compiler_.fail(context, at, "The type of a value that is always null cannot be seen: " + path,
                       "Give it one under types, for example text or null.");
        return false;
    }
    return lay_out_scalar(settled, frame, field);
}

bool RecordLayout::lay_out_scalar(const Meaning& value, int frame, Field& field) {
    ProgramBuilder& build = compiler_.build;
    field.type = value.type;
    field.nullable = value.null != no_reg;
    field.low = value.low;
    field.high = value.high;
    if (value.type.kind == Kind::text || value.type.kind == Kind::enumeration) {
        lay_out_text(value, frame, field);
        return true;
    }
    Reg reg = value.reg;
    switch (build.phys_of(reg)) {
        case Phys::u8:
            if (value.type.kind == Kind::boolean) {
                field.storage = Storage::u8;
            } else {
                field.storage = Storage::i32;
                reg = build.convert(reg, Phys::i32);
            }
            break;
        case Phys::i32: field.storage = Storage::i32; break;
        case Phys::i64: {
            const bool narrow = value.low >= INT32_MIN && value.high <= INT32_MAX && value.type.kind != Kind::instant &&
                                value.type.kind != Kind::duration;
            field.storage = narrow ? Storage::i32 : Storage::i64;
            if (narrow) reg = build.convert(reg, Phys::i32);
            break;
        }
        case Phys::f64: field.storage = Storage::f64; break;
        case Phys::uuid: field.storage = Storage::uuid; break;
        case Phys::text: field.storage = Storage::text; break;
    }
    field.slot = slot(reg, value.null, frame);
    return true;
}

void RecordLayout::lay_out_text(const Meaning& value, int frame, Field& field) {
    ProgramBuilder& build = compiler_.build;
    field.plain = value.plain;
    field.low = INT64_MIN;
    field.high = INT64_MAX;
    if (const auto known = compiler_.constant_text(value); known && value.null == no_reg) {
        field.storage = Storage::literal;
        field.literal = *known;
        return;
    }
    if (value.text_form == TextForm::index) {
        auto dictionary = std::make_shared<Dictionary>();
        dictionary->values = value.texts->text;
        field.dictionary = dictionary;
        const bool wide = build.phys_of(value.reg) != Phys::u8;
        field.storage = wide ? Storage::index32 : Storage::index8;
        field.slot = slot(wide ? build.convert(value.reg, Phys::i32) : value.reg, value.null, frame);
        return;
    }
    if (value.text_form == TextForm::hex) {
        field.storage = Storage::hex64;
        field.slot = slot(value.reg, value.null, frame);
        return;
    }
    if (value.text_form == TextForm::parts && value.null == no_reg) {
        field.storage = Storage::cut;
        for (const PartMeaning& part : value.parts) {
            if (!part.literal.empty()) {
                Field literal;
                literal.type = type_of(Kind::text);
                literal.storage = Storage::literal;
                literal.literal = part.literal;
                literal.plain = is_plain(part.literal);
                field.children.push_back(literal);
            }
            if (!part.value) continue;
            Field child;
            lay_out_scalar(*part.value, frame, child);
            field.children.push_back(child);
        }
        return;
    }
    field.storage = Storage::text;
    field.slot = slot(compiler_.as_text(value), value.null, frame);
}

bool RecordLayout::lay_out_record(const Context& context, Position at, const std::string& path, const Meaning& value,
                                  int frame, Field& field) {
    field.type.kind = Kind::record;
    field.storage = Storage::record;
    field.nullable = value.null != no_reg;
    if (field.nullable) field.slot = slot(no_reg, value.null, frame);
    bool good = true;
    for (const std::string& name : value.record->names) {
        Field child;
        good = lay_out(context, at, path + "." + name, name, value.record->member(name), frame, child) && good;
        field.children.push_back(std::move(child));
    }
    field.type.fields = field.children;
    return good;
}

/// A declared list declares its single values; those of records inside it are declared by their own paths.
bool RecordLayout::lay_out_list(const Context& context, Position at, const std::string& path, const Meaning& value,
                                const DeclaredType* declared, int frame, Field& field) {
    if (compiler_.build.parent_of(value.frame) != frame) {
        compiler_.fail(context, at, "A list of another list cannot be emitted here: " + path);
        return false;
    }
    field.type.kind = Kind::list;
    field.storage = Storage::list;
    field.nullable = value.null != no_reg;
    field.slot = slot(no_reg, value.null, frame, value.frame);
    Field item;
    Meaning settled = *value.item;
    bool good = true;
    if (settled.scalar()) {
        if (declared)
            settled = compiler_.as_type(context, at, settled, declared->type.fields[0].type, "an item of " + path);
        good = !settled.broken() && lay_out(context, at, path + ".item", "item", settled, value.frame, item);
    } else {
        good = lay_out(context, at, path, "item", settled, value.frame, item);
    }
    field.children.push_back(item);
    field.type.fields = field.children;
    return good;
}

bool RecordLayout::lay_out_map(const Context& context, Position at, const std::string& path, const Meaning& value,
                               const Type& type, int frame, Field& field) {
    ProgramBuilder& build = compiler_.build;
    field.type = type;
    field.storage = Storage::map;
    field.nullable = value.null != no_reg;
    const auto& names = value.record->names;
    Reg index = no_reg;
    const int opened = build.open(build.integer(static_cast<int64_t>(names.size())), frame, &index);
    field.slot = slot(no_reg, value.null, frame, opened);
    auto keys = std::make_shared<Table>();
    keys->phys = Phys::text;
    keys->text = names;
    Field key;
    key.name = "key";
    bool good = names.empty()
                    ? true
                    : lay_out_scalar(
                          compiler_.text_index(build.convert(index, names.size() <= 256 ? Phys::u8 : Phys::i32), keys),
                          opened, key);
    Meaning chosen;
    for (size_t i = names.size(); i-- > 0;) {
        Meaning member =
            compiler_.as_type(context, at, value.record->member(names[i]), type.fields[0].type, path + "." + names[i]);
        if (member.broken()) return false;
        if (chosen.broken()) {
            chosen = member;
            continue;
        }
        const Reg here = build.emit(Op::equal, Phys::i64, Phys::u8, {index, build.integer(static_cast<int64_t>(i))});
        chosen = compiler_.choose(context, at, here, member, chosen);
    }
    Field item;
    item.name = "value";
    if (chosen.broken()) chosen = compiler_.as_type(context, at, compiler_.null_value(), type.fields[0].type, path);
    good = good && !chosen.broken();
    if (good) lay_out_scalar(chosen, opened, item);
    item.name = "value";
    field.children = {key, item};
    field.type.fields = {item};
    return good;
}

}  // namespace headwater
