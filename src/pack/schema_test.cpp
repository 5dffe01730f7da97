#include "pack/schema.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "language/compiler.h"
#include "pack/load.h"

namespace headwater {

namespace {

using Names = std::set<std::string>;

/// A file that lives as long as this does.
class TemporaryFile {
  public:
    explicit TemporaryFile(const std::string& text)
        : path_(std::filesystem::temp_directory_path() / ("headwater_schema_" + std::to_string(getpid()) + ".yaml")) {
        std::ofstream(path_) << text;
    }
    ~TemporaryFile() { std::filesystem::remove(path_); }
    std::string path() const { return path_.string(); }

  private:
    std::filesystem::path path_;
};

std::vector<Diagnostic> mistakes_of(const std::string& text) {
    const TemporaryFile file(text);
    LoadRequest request;
    request.what = file.path();
    return load(request).diagnostics.sorted();
}

/// Gives the keys that the parsers do not know in this text.
Names unknown_keys(const std::string& text) {
    Names keys;
    const std::string begin = "Unknown key: ";
    for (const Diagnostic& mistake : mistakes_of(text)) {
        if (mistake.message.starts_with(begin)) keys.insert(mistake.message.substr(begin.size()));
    }
    return keys;
}

const std::vector<LanguageSection>& sections_with(const std::string& name) {
    const auto& packs = pack_sections();
    const bool of_pack =
        std::any_of(packs.begin(), packs.end(), [&](const LanguageSection& one) { return one.name == name; });
    return of_pack ? packs : scenario_sections();
}

Names keys_of(const std::string& name) {
    Names keys;
    for (const LanguageSection& section : sections_with(name)) {
        if (section.name != name) continue;
        for (const LanguageKey& key : section.keys) keys.insert(std::string(key.name));
    }
    return keys;
}

Names all_keys() {
    Names keys{"surely_unknown"};
    for (const auto* sections : {&pack_sections(), &scenario_sections()}) {
        for (const LanguageSection& section : *sections) keys.merge(keys_of(std::string(section.name)));
    }
    return keys;
}

/// Puts keys into a section of a file that is right but for them.
std::string file_with(const std::string& section, const Names& keys) {
    std::string inside;
    for (const std::string& key : keys)
        inside += (inside.empty() ? "" : ", ") + key + ": " + (key == "extends" ? "payments" : "1");
    const std::string head = "pack: p\n", streams = "streams: {s: {fields: {a: 1}}}\n";
    if (section == "parameter") return head + streams + "parameters: {x: {" + inside + "}}\n";
    if (section == "curve") return head + streams + "curves: {x: {" + inside + "}}\n";
    if (section == "kind") return head + streams + "entities: {x: {" + inside + "}}\n";
    if (section == "phase") return head + streams + "entities: {x: {count: 1, lifecycle: {on: {" + inside + "}}}}\n";
    if (section == "transition")
        return head + streams + "entities: {x: {count: 1, lifecycle: {on: {leave: [{" + inside + "}]}}}}\n";
    if (section == "step") return head + streams + "entities: {x: {count: 1, journey: [{" + inside + "}]}}\n";
    if (section == "stream") return head + "streams: {x: {" + inside + "}}\n";
    if (section == "table") return head + streams + "tables: {x: {" + inside + "}}\n";
    if (section == "lateness") return head + "streams: {x: {fields: {a: 1}, late: {" + inside + "}}}\n";
    if (section == "version") return head + "streams: {x: {fields: {a: 1}, versions: {2: {" + inside + "}}}}\n";
    if (section == "rule") return head + "streams: {s: {fields: {a: 1}, rules: [{" + inside + "}]}}\n";
    if (section == "clock") return "packs: {payments: {}}\nclock: {" + inside + "}\n";
    if (section == "change") return "packs: {payments: {}}\nclock: {changes: [{" + inside + "}]}\n";
    if (section == "output") return "packs: {payments: {}}\noutputs: [{" + inside + "}]\n";
    if (section == "fault") return "packs: {payments: {}}\nchaos: [{" + inside + "}]\n";
    if (section == "incident") return head + streams + "incidents: {x: {" + inside + "}}\n";
    if (section == "occurrence") return "packs: {payments: {}}\nincidents: [{" + inside + "}]\n";
    std::string lines = section == "pack" && !keys.contains("pack")        ? "pack: p\n"
                        : section == "scenario" && !keys.contains("packs") ? "packs: {payments: {}}\n"
                                                                           : "";
    for (const std::string& key : keys) lines += key + ": " + (key == "extends" ? "payments" : "1") + "\n";
    return lines;
}

}  // namespace

TEST_CASE("every key of the table is known to the parsers, and they know no other") {
    const Names everything = all_keys();
    for (const auto* sections : {&pack_sections(), &scenario_sections()}) {
        for (const LanguageSection& section : *sections) {
            const std::string name(section.name);
            CAPTURE(name);
            Names own = keys_of(name), others;
            std::set_difference(everything.begin(), everything.end(), own.begin(), own.end(),
                                std::inserter(others, others.end()));
            // A key that makes another kind of file of it cannot be asked about.
            if (name == "pack") others.erase("scenario"), others.erase("packs");
            own.insert("surely_unknown");
            CHECK(unknown_keys(file_with(name, own)) == Names{"surely_unknown"});
            CHECK(unknown_keys(file_with(name, others)) == others);
        }
    }
}

TEST_CASE("every key that a parser takes by name stands in the table") {
    const Names known = all_keys();
    const std::regex taken(
        R"re(section\.(?:take|text|boolean|duration|share|rate|count|instant|size|choice|texts)\("(\w+)")re");
    int found = 0;
    for (const auto& file :
         std::filesystem::directory_iterator(std::filesystem::path(HEADWATER_SOURCE_DIR) / "src" / "pack")) {
        if (file.path().extension() != ".cpp" || file.path().stem().string().ends_with("_test")) continue;
        std::ostringstream text;
        text << std::ifstream(file.path()).rdbuf();
        const std::string source = text.str();
        for (std::sregex_iterator it(source.begin(), source.end(), taken), end; it != end; ++it, ++found) {
            INFO(file.path().filename().string());
            CHECK_MESSAGE(known.contains((*it)[1].str()), (*it)[1].str());
        }
    }
    CHECK(found > 60);
}

TEST_CASE("the example of every function compiles") {
    std::string pack =
        "pack: p\nlists: {numbers: [1, 2, 3]}\nentities: {customer: {count: 10, attributes: {name: "
        "=person().name}}}\nstreams:\n  s:\n    fields:\n";
    for (size_t i = 0; i < functions().size(); ++i)
        pack += "      f" + std::to_string(i) + ": =" + functions()[i].example + "\n";
    for (const Diagnostic& mistake : mistakes_of(pack))
        CHECK_MESSAGE(mistake.severity != Diagnostic::Severity::error, (mistake.path + ": " + mistake.message));
}

TEST_CASE("the page of functions has each of them") {
    const std::string page = functions_page();
    for (const Function& function : functions())
        CHECK_MESSAGE(page.find("`=" + function.example.substr(0, function.example.find('|'))) != std::string::npos,
                      function.name);
}

}  // namespace headwater
