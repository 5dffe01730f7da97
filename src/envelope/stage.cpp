// For finding envelopes by their names, and what an output puts around its records.
#include <algorithm>
#include <utility>

#include "envelope/envelopes.h"

namespace headwater {

const EnvelopeKind* envelope_called(std::string_view name) {
    const auto& kinds = envelope_kinds();
    if (name.empty()) return kinds.front();
    const auto found = std::ranges::find(kinds, name, &EnvelopeKind::name);
    return found == kinds.end() ? nullptr : *found;
}

std::vector<std::string_view> envelope_names() {
    std::vector<std::string_view> names;
    for (const EnvelopeKind* kind : envelope_kinds())
        if (kind->is_offered) names.push_back(kind->name);
    return names;
}

Result<EnvelopeStage> EnvelopeStage::make(std::string_view name, EnvelopeRequest request) {
    EnvelopeStage stage;
    stage.kind_ = envelope_called(name);
    if (stage.kind_ == nullptr)
        return fail(ErrorKind::invalid, "Envelope is none of " + listed(envelope_names()) + ": " + std::string(name));
    std::erase_if(request.options,
                  [&](const auto& one) { return option_called(stage.kind_->options, one.first) == nullptr; });
    stage.request_ = std::move(request);
    return stage;
}

Result<void> EnvelopeStage::check(const Schema& schema, bool takes_messages) const {
    const std::string name(kind_->name);
    if (kind_->is_of_tables && !schema.is_of_table)
        return fail(ErrorKind::invalid, "Envelope " + name +
                                            " is of rows, and this stream is of no table (tables: all in a scenario or "
                                            "--streams TABLE name tables): " +
                                            schema.stream);
    if (kind_->keeps_latest && !takes_messages)
        return fail(ErrorKind::invalid, "Envelope " + name +
                                            " makes of a delete a key without a value, which only a topic holds "
                                            "(envelope simple is for others): " +
                                            schema.stream);
    return {};
}

std::unique_ptr<Envelope> EnvelopeStage::open(const std::shared_ptr<const Schema>& schema) const {
    return kind_->make == nullptr ? nullptr : kind_->make(schema, request_);
}

std::shared_ptr<const Schema> EnvelopeStage::schema_of(const std::shared_ptr<const Schema>& schema) const {
    const auto envelope = open(schema);
    if (envelope == nullptr) return schema;
    auto outer = std::make_shared<Schema>(*envelope->schema());
    outer->versions = schema->versions;
    for (SchemaVersion& later : outer->versions) later.schema = schema_of(later.schema);
    return outer;
}

}  // namespace headwater
