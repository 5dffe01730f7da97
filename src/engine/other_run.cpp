// For noticing that a folder or prefix holds what another run wrote or is writing, and for taking away what one left.
#include "engine/other_run.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "engine/manifest.h"
#include "sink/object_path.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

/// Reads one of our own small objects; null where there is none, or somebody else's, or we may write but not read.
Result<Json> read_own(ObjectSink& sink, const std::string& name) {
    auto text = sink.read(name);
    if (!text && text.error().kind == ErrorKind::unavailable) return std::unexpected(text.error());
    if (!text || !*text) return Json();
    Json json = parse_json_or_discard(**text);
    const bool is_ours = json.is_object() && json.value("tool", "") == "headwater";
    return is_ours ? std::move(json) : Json();
}

/// Gives what a manifest lists, and the objects beside it.
OtherRun listed_in(const Json& manifest, int part, int parts) {
    OtherRun other{.run = manifest.value("run", ""), .names = {}};
    const auto take = [&other](const Json& from) {
        for (const auto& object : from.value("objects", Json::array()))
            if (object.is_object()) other.names.push_back(object.value("name", ""));
    };
    for (const auto& stream : manifest.value("streams", Json::array())) take(stream);
    other.names.push_back(success_name(part, parts));
    other.names.push_back(manifest_name(part, parts));
    return other;
}

}  // namespace

Result<std::optional<OtherRun>> find_other_run(ObjectSink& sink, const PartOfRun& own) {
    // Of a run in parts, the manifest of the part with our number stands for all.
    for (const auto& [part, parts] : {std::pair{0, 1}, std::pair{own.part, own.parts}}) {
        const auto manifest = read_own(sink, manifest_name(part, parts));
        if (!manifest) return std::unexpected(manifest.error());
        if (manifest->is_object() && manifest->value("command", "") != own.command)
            return listed_in(*manifest, part, parts);
    }
    return std::nullopt;
}

Result<void> remove_other_run(ObjectSink& sink, const OtherRun& other) {
    for (const std::string& name : other.names)
        if (auto removed = sink.remove(name); !removed) return removed;
    return sink.flush();
}

std::string writing_name(int part, int parts) {
    const std::string mark(writing_mark);
    return parts == 1 ? mark : mark + "-" + std::to_string(part) + "-of-" + std::to_string(parts);
}

Result<std::optional<std::string>> find_writer(ObjectSink& sink, const PartOfRun& own) {
    for (const auto& [part, parts] : {std::pair{0, 1}, std::pair{own.part, own.parts}}) {
        const auto writer = read_own(sink, writing_name(part, parts));
        if (!writer) return std::unexpected(writer.error());
        if (writer->is_object() && writer->value("command", "") != own.command) return writer->value("run", "");
    }
    return std::nullopt;
}

Result<void> show_writer(ObjectSink& sink, const PartOfRun& own) {
    const Json writer{{"tool", "headwater"}, {"run", own.run}, {"command", own.command}};
    return put_object(sink, writing_name(own.part, own.parts), spell_json(writer) + "\n");
}

Result<void> hide_writer(ObjectSink& sink, const PartOfRun& own) {
    const auto writer = read_own(sink, writing_name(own.part, own.parts));
    if (!writer) return std::unexpected(writer.error());
    if (!writer->is_object() || writer->value("command", "") != own.command) return {};
    return sink.remove(writing_name(own.part, own.parts));
}

Result<void> put_object(ObjectSink& sink, const std::string& name, std::string_view bytes) {
    auto writer = sink.create(name);
    if (!writer) return std::unexpected(writer.error());
    if (auto written = (*writer)->write(bytes); !written) return written;
    if (auto finished = (*writer)->finish(name); !finished) return std::unexpected(finished.error());
    return {};
}

}  // namespace headwater
