// For reading manifests back: what a run was, and the plan that makes the same records again.
#include "app/manifest_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/command_line.h"
#include "app/grading.h"
#include "app/request.h"
#include "base/json.h"
#include "engine/manifest.h"
#include "pack/load.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

std::unexpected<Error> refuse(std::string message) { return fail(ErrorKind::invalid, std::move(message)); }

bool is_manifest(const std::string& name) {
    return name == "manifest.json" || (name.starts_with("manifest-") && name.ends_with(".json"));
}

/// Reads the text of a manifest; what is missing or of another type throws.
ManifestFile parse(const std::string& text, const std::string& path) {
    const Json json = parse_json(text);
    ManifestFile manifest{.path = path};
    manifest.version = json.at("version").get<std::string>();
    manifest.run = json.at("run").get<std::string>();
    manifest.phase = json.value("phase", "");
    manifest.part = json.at("part").get<int>();
    manifest.parts = json.at("parts").get<int>();
    manifest.words = shell_words(json.at("command").get<std::string>());
    for (const Json& pack : json.at("packs"))
        manifest.packs.emplace_back(pack.at("name").get<std::string>(), pack.at("digest").get<std::string>());
    for (const Json& stream : json.at("streams")) {
        manifest.streams.push_back(stream.at("name").get<std::string>());
        for (const Json& object : stream.at("objects"))
            manifest.objects.push_back(object.at("name").get<std::string>());
    }
    return manifest;
}

Result<ManifestFile> read_manifest(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file.good() && !file.eof()) return refuse("Manifest cannot be read: " + path);
    try {
        return parse(text.str(), path);
    } catch (const Json::exception& error) {
        return refuse("File is no manifest of a run (" + std::string(error.what()) + "): " + path);
    }
}

Result<std::vector<std::string>> files_of(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::exists(path, error))
        return refuse("There is no manifest; give the file manifest.json that a run leaves, or its folder: " + path);
    if (!std::filesystem::is_directory(path, error)) return std::vector{path};
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(path, error))
        if (is_manifest(entry.path().filename())) files.push_back(entry.path());
    if (files.empty()) return refuse("Folder holds no manifest, so no run has ended there: " + path);
    std::ranges::sort(files);
    return files;
}

Result<void> check_parts(const std::vector<ManifestFile>& all) {
    for (const ManifestFile& one : all) {
        if (one.run != all.front().run || one.parts != all.front().parts)
            return refuse("Manifests are of different runs: " + all.front().path + ", " + one.path);
        const auto same = std::ranges::count(all, one.part, &ManifestFile::part);
        if (same > 1) return refuse("Part " + std::to_string(one.part) + " is there twice: " + one.path);
        if (one.words.empty() || one.words.front() != "run")
            return refuse("Manifest does not say by which command it was made: " + one.path);
    }
    return {};
}

}  // namespace

std::vector<std::string> shell_words(const std::string& command) {
    std::vector<std::string> words;
    bool in_word = false;
    char quote = 0;
    for (size_t i = 0; i < command.size(); ++i) {
        const char c = command[i];
        if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
            in_word = false;
            continue;
        }
        if (!in_word) words.emplace_back();
        in_word = true;
        if (quote == 0 && (c == '\'' || c == '"'))
            quote = c;
        else if (c == quote)
            quote = 0;
        else if (c == '\\' && quote != '\'' && i + 1 < command.size())
            words.back() += command[++i];
        else
            words.back() += c;
    }
    if (!words.empty()) words.erase(words.begin());  // the program
    return words;
}

Result<std::vector<ManifestFile>> read_manifests(const std::vector<std::string>& paths) {
    std::vector<ManifestFile> all;
    for (const std::string& path : paths) {
        auto files = files_of(path);
        if (!files) return std::unexpected(files.error());
        for (const std::string& file : *files) {
            auto manifest = read_manifest(file);
            if (!manifest) return std::unexpected(manifest.error());
            all.push_back(std::move(*manifest));
        }
    }
    std::ranges::sort(all, {}, &ManifestFile::part);
    if (auto checked = check_parts(all); !checked) return std::unexpected(checked.error());
    return all;
}

Result<Plan> plan_of(const ManifestFile& manifest, const ManifestUse& use, int64_t now, Console& console) {
    auto arguments = arguments_of(manifest.words);
    if (!arguments || arguments->plan.what.size() != 1)
        return refuse("Command of the manifest is not one of this version: " + manifest.path);
    arguments->plan.packs.insert(arguments->plan.packs.begin(), use.packs.begin(), use.packs.end());
    auto request = request_of(*arguments, arguments->plan.what.front(), now);
    if (!request) return std::unexpected(request.error());
    auto plan = load_and_tell(*request, console);
    if (!plan)
        return refuse("Plan of the manifest cannot be made again; --packs names folders of packs: " + manifest.path);
    for (const PackUse& pack : plan->packs) {
        auto same = std::ranges::find(manifest.packs, pack.name, &std::pair<std::string, std::string>::first);
        if (same != manifest.packs.end() && same->second != pack.digest)
            return refuse("Pack has changed since the run (" + pack.file +
                          "); give the folder of the old one by --packs: " + pack.name);
    }
    if (auto settled = settle_outputs(*plan); !settled) return std::unexpected(settled.error());
    auto is_asked_for = [&](const OutputPlan& one) {
        const bool is_of_phase = use.of_messages || manifest.phase.empty() || one.phase == manifest.phase;
        return is_of_phase && is_of_messages(one.to) == use.of_messages;
    };
    auto found = std::ranges::find_if(plan->outputs, is_asked_for);
    OutputPlan output = found == plan->outputs.end() ? plan->outputs.front() : *found;
    output.streams.clear();
    for (int i = 0; i < static_cast<int>(plan->streams.size()); ++i) {
        const StreamPlan& stream = plan->streams[static_cast<size_t>(i)];
        auto is_named = [&](const std::string& name) { return name == stream.name || name == stream.qualified(); };
        if (std::ranges::any_of(use.streams, is_named)) output.streams.push_back(i);
    }
    for (const std::string& name : use.streams) {
        auto is_it = [&](const StreamPlan& stream) { return name == stream.name || name == stream.qualified(); };
        if (std::ranges::none_of(plan->streams, is_it)) return refuse("Run has no such stream: " + name);
    }
    plan->outputs = {std::move(output)};
    return std::move(*plan);
}

}  // namespace headwater
