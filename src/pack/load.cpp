#include "pack/load.h"

#include <algorithm>
#include <filesystem>

#include "base/check.h"
#include "base/random.h"
#include "base/text.h"
#include "base/time.h"
#include "envelope/envelopes.h"
#include "language/yaml.h"
#include "pack/behaviour.h"
#include "pack/extend.h"
#include "pack/files.h"
#include "pack/incidents.h"
#include "pack/kinds.h"
#include "pack/output_options.h"
#include "pack/paces.h"
#include "pack/scenario.h"
#include "pack/streams.h"
#include "pack/variables.h"
#include "sink/targets.h"

namespace headwater {

namespace {

/// First instant of a run that names none: bytes must not depend on when it is made.
constexpr int64_t default_start = 1'767'225'600'000'000;  // 2026-01-01T00:00:00Z
/// Records of each stream where nothing bounds a run.
constexpr int64_t first_look = 1000;

/// Loads one request; members are what its steps share.
class Loading {
  public:
    explicit Loading(const LoadRequest& request) : request_(request), flags_{"command line", &result_.diagnostics} {}

    Loaded run() {
        find_scenario();
        if (!result_.diagnostics.has_errors()) settle_flags();
        if (result_.diagnostics.has_errors())
            check_packs();
        else
            build();
        for (const auto& file : files_) result_.sources.emplace_back(file->name, file->text);
        return std::move(result_);
    }

  private:
    void find_scenario();
    std::shared_ptr<const SourceFile> read_given(const std::string& text);
    void settle_flags();
    void settle_clock();
    void settle_seam();
    void settle_outputs();
    std::shared_ptr<const SourceFile> read_entries(const char* flag, const std::vector<std::string>& entries);
    void settle_chaos();
    void settle_incidents();
    void check_packs();
    void build();
    bool is_wanted(const StreamPlan& stream) const;
    void add_sources(World& world, Plan& plan);
    void select(Plan& plan);
    void bound(Plan& plan);
    void bound_rest(Plan& plan);
    std::vector<int> streams_like(const Plan& plan, const std::vector<std::string>& patterns, const std::string& file,
                                  Position at, const std::string& path, bool of_tables = false);
    std::vector<int> streams_of(const Plan& plan, const ScenarioOutput& output);
    void check_envelope(const Plan& plan, const ScenarioOutput& output, const OutputPlan& settled);

    template <typename T, typename Read>
    std::optional<T> flag(const std::optional<std::string>& text, const char* name, const char* example, Read read) {
        if (!text) return std::nullopt;
        if (auto value = read(*text)) return *value;
        flags_.error({0, 0}, name, std::string("Not a value of ") + name + ": " + *text,
                     std::string("Write for example ") + name + " " + example + ".");
        return std::nullopt;
    }

    const LoadRequest& request_;
    Loaded result_;
    Reading flags_;
    Scenario scenario_;
    std::vector<std::shared_ptr<const SourceFile>> files_;
    std::map<std::string, std::shared_ptr<const SourceFile>> pack_files_;
    int64_t start_ = default_start;
    std::optional<int64_t> until_, seam_;
};

/// Reads a scenario that lies in no file.
std::shared_ptr<const SourceFile> Loading::read_given(const std::string& text) {
    Diagnostics& diagnostics = result_.diagnostics;
    auto file = std::make_shared<SourceFile>();
    file->name = request_.what;
    file->text = text;
    auto root = parse_yaml(file->text, file->name, diagnostics);
    if (!root) return nullptr;
    file->root = std::move(*root);
    forbid_variables(file->root, file->name, "", diagnostics);
    const bool is_scenario = file->root.is_map() && (file->root.find("scenario") || file->root.find("packs"));
    if (is_scenario) return file;
    diagnostics.error(file->name, {1, 1}, "", "This is no scenario", "Write packs: {payments: {}}.");
    return nullptr;
}

void Loading::find_scenario() {
    Diagnostics& diagnostics = result_.diagnostics;
    const PackLibrary library(request_.pack_folders, request_.shelf);
    const bool is_file = request_.what.ends_with(".yaml") || request_.what.ends_with(".yml") ||
                         request_.what.find('/') != std::string::npos;
    const std::string hint = "; a file is named by its path, such as ./" + request_.what + ".yaml";
    const auto file = request_.text ? read_given(*request_.text)
                      : is_file
                          ? read_source(request_.what, diagnostics)
                          : library.read(read_reference(request_.what), {flags_.file, {0, 0}, "", hint}, diagnostics);
    if (!file) return;
    files_.push_back(file);
    if (!file->root.is_map()) {
        if (!diagnostics.has_errors())
            diagnostics.error(file->name, {1, 1}, "", "A pack or a scenario is a map of keys and values");
        return;
    }
    if (file->root.find("scenario") || file->root.find("packs")) {
        scenario_ = read_scenario(file, diagnostics);
        const std::string folder = std::filesystem::path(file->name).parent_path().string();
        for (const auto& [name, parameters] : scenario_.packs) {
            PackMention mention{file->name, scenario_.pack_at[name], "packs"};
            if (!request_.text) mention.near = (folder.empty() ? "" : folder + "/") + name + ".yaml";
            const auto pack = library.read({name, scenario_.pack_versions[name]}, mention, diagnostics);
            if (!pack) continue;
            files_.push_back(pack);
            if (auto whole = extend_pack(pack, library, diagnostics, files_)) pack_files_[name] = whole;
        }
        return;
    }
    const Node* name = file->root.find("pack");
    if (!name || !name->is_scalar()) {
        diagnostics.error(file->name, file->root.at, "", "This is neither a pack nor a scenario",
                          "A pack begins with pack: NAME, a scenario with scenario: NAME.");
        return;
    }
    const auto whole = extend_pack(file, library, diagnostics, files_);
    if (!whole) return;
    scenario_.file = whole;
    scenario_.packs.emplace_back(name->text, std::map<std::string, GivenValue>{});
    pack_files_[name->text] = whole;
}

void Loading::settle_flags() {
    for (const auto& [key, value] : request_.set) {
        const size_t dot = key.find('.');
        const std::string pack = dot == std::string::npos ? "" : key.substr(0, dot);
        bool known = false;
        for (auto& [name, parameters] : scenario_.packs) {
            if (!pack.empty() && pack != name) continue;
            const Node* section = pack_files_.at(name)->root.find("parameters");
            const std::string parameter = dot == std::string::npos ? key : key.substr(dot + 1);
            if (pack.empty() && scenario_.packs.size() > 1 && !(section && section->find(parameter))) continue;
            parameters[parameter] = {value, flags_.file, {0, 0}, {0, 0}};
            known = true;
        }
        if (!known) {
            std::vector<std::string> names;
            for (const auto& [name, parameters] : scenario_.packs) names.push_back(name);
            flags_.error({0, 0}, "--set", "No pack has this parameter: " + key,
                         pack.empty() ? "" : suggest(pack, names));
        }
    }
    if (request_.seed) scenario_.seed = request_.seed;
    settle_clock();
    settle_outputs();
    settle_chaos();
    settle_incidents();
}

void Loading::settle_clock() {
    if (auto start = flag<int64_t>(request_.start, "--start", "2026-11-01T00:00:00Z", parse_instant)) {
        scenario_.start = start;
        scenario_.history.reset();
    }
    if (request_.until) {
        scenario_.until.reset();
        scenario_.until_after = parse_duration(*request_.until);
        if (!scenario_.until_after)
            scenario_.until =
                flag<int64_t>(request_.until, "--until", "2026-11-08T00:00:00Z or --until 7d", parse_instant);
    }
    if (auto history = flag<int64_t>(request_.history, "--history", "90d", parse_duration)) {
        scenario_.history = history;
        if (request_.start) flags_.error({0, 0}, "--history", "A run has a start or a history, not both");
        scenario_.start.reset();
    }
    if (auto duration = flag<int64_t>(request_.duration, "--for", "10min", parse_duration))
        scenario_.duration = duration;
    if (auto rate = flag<double>(request_.rate, "--rate", "5k/s", read_rate)) scenario_.rate = rate;
    auto read_speed = [](const std::string& text) -> std::optional<double> {
        const auto speed = read_parameter("float", text.ends_with("x") ? text.substr(0, text.size() - 1) : text);
        return speed && speed->real > 0 ? std::optional(speed->real) : std::nullopt;
    };
    if (auto speed = flag<double>(request_.speed, "--speed", "60x", read_speed)) scenario_.speed = speed;
    scenario_.live = scenario_.live || request_.live;
    if (scenario_.history) {
        start_ = request_.now - *scenario_.history;
    } else if (scenario_.start) {
        start_ = *scenario_.start;
    } else if (scenario_.live) {
        start_ = request_.now;
    }
    until_ = scenario_.until_after ? start_ + *scenario_.until_after : scenario_.until;
    if (scenario_.history && !scenario_.live && !until_) until_ = request_.now;
    if (scenario_.duration) {
        const int64_t base = scenario_.live ? std::max(start_, request_.now) : start_;
        const double speed = scenario_.live ? scenario_.speed.value_or(1) : 1;
        until_ = base + static_cast<int64_t>(static_cast<double>(*scenario_.duration) * speed);
    }
    if (until_ && *until_ <= start_) {
        flags_.error({0, 0}, "--until", "The end lies before the start: " + spell_instant(*until_),
                     "The run starts at " + spell_instant(start_) + ".");
    }
    settle_seam();
}

/// Puts the seam between the phases where it is said, else to the present instant of a run that goes live: it is known before the
/// first record, however long the history takes.
void Loading::settle_seam() {
    if (auto seam = flag<int64_t>(request_.seam, "--seam", "2026-11-08T00:00:00Z", parse_instant))
        scenario_.seam = seam;
    seam_ = scenario_.seam;
    if (!seam_ && scenario_.live) seam_ = std::max(start_, request_.now);
    if (seam_ && *seam_ < start_)
        flags_.error({0, 0}, "--seam", "The seam lies before the start: " + spell_instant(*seam_),
                     "The run starts at " + spell_instant(start_) + ".");
}

void Loading::settle_outputs() {
    std::vector<std::string> targets = request_.to;
    if (!targets.empty()) scenario_.outputs.clear();
    if (targets.empty() && scenario_.outputs.empty()) targets.push_back("stdout:");
    for (const std::string& target : targets) {
        ScenarioOutput output;
        output.file = flags_.file;
        output.path = "--to";
        output.plan = output_to(fill_target(target, flags_, {0, 0}, "--to"));
        scenario_.outputs.push_back(std::move(output));
    }
    for (const auto& [name, text] : request_.output) {
        const Option* option = option_called(output_options(), name);
        HW_CHECK(option != nullptr);
        const auto value = read_option(*option, text);
        if (!value) {
            flags_.error({0, 0}, flag_of(*option), value.error().message);
            continue;
        }
        for (ScenarioOutput& output : scenario_.outputs) option->set(&output.plan, *value);
    }
    if (request_.answer_key)
        scenario_.answer_key = output_to(fill_target(*request_.answer_key, flags_, {0, 0}, "--answer-key"));
}

/// Reads entries of a list that the command line gives: each a map, with or without its braces.
std::shared_ptr<const SourceFile> Loading::read_entries(const char* flag, const std::vector<std::string>& entries) {
    std::string text;
    for (const std::string& entry : entries) text += "- " + (entry.starts_with("{") ? entry : "{" + entry + "}") + "\n";
    if (text.empty()) return nullptr;
    auto file = std::make_shared<SourceFile>();
    file->name = flag;
    file->text = text;
    auto root = parse_yaml(file->text, file->name, result_.diagnostics);
    if (!root) return nullptr;
    file->root = std::move(*root);
    files_.push_back(file);
    return file;
}

void Loading::settle_chaos() {
    const auto file = read_entries("--chaos", request_.chaos);
    if (!file) return;
    const auto faults = read_chaos(Reading{file->name, &result_.diagnostics}, &file->root);
    for (ScenarioFault fault : faults) {
        // Beside those of the scenario it has an address of its own.
        if (fault.plan.name == fault.plan.verb) fault.address = "--chaos " + fault.address;
        scenario_.chaos.push_back(std::move(fault));
    }
}

void Loading::settle_incidents() {
    const auto file = read_entries("--incident", request_.incidents);
    if (!file) return;
    const auto runs = read_incident_runs(Reading{file->name, &result_.diagnostics}, &file->root);
    scenario_.incidents.insert(scenario_.incidents.end(), runs.begin(), runs.end());
}

std::vector<int> Loading::streams_like(const Plan& plan, const std::vector<std::string>& patterns,
                                       const std::string& file, Position at, const std::string& path, bool of_tables) {
    std::vector<int> streams;
    std::vector<std::string> known;
    for (const StreamPlan& stream : plan.streams) {
        if (of_tables && !stream.is_table) continue;
        known.push_back(stream.name);
        known.push_back(stream.qualified());
    }
    for (const std::string& pattern : patterns) {
        bool any = pattern == "all";
        for (size_t i = 0; i < plan.streams.size(); ++i) {
            const StreamPlan& stream = plan.streams[i];
            if (!names_stream(pattern, stream.pack, stream.name) || (of_tables && !stream.is_table)) continue;
            any = true;
            if (std::find(streams.begin(), streams.end(), static_cast<int>(i)) == streams.end())
                streams.push_back(static_cast<int>(i));
        }
        if (!any)
            result_.diagnostics.error(file, at, path, (of_tables ? "Unknown table: " : "Unknown stream: ") + pattern,
                                      suggest(pattern, known));
    }
    std::sort(streams.begin(), streams.end());
    return streams;
}

/// Gives what goes to an output: the streams and tables that it names, or all where it names none.
std::vector<int> Loading::streams_of(const Plan& plan, const ScenarioOutput& output) {
    std::vector<std::string> patterns = output.streams;
    if (patterns.empty() && output.tables.empty()) patterns = {"all"};
    std::vector<int> streams = streams_like(plan, patterns, output.file, output.at, output.path);
    for (int table : streams_like(plan, output.tables, output.file, output.at, output.path, true)) {
        if (std::find(streams.begin(), streams.end(), table) == streams.end()) streams.push_back(table);
    }
    std::sort(streams.begin(), streams.end());
    return streams;
}

/// Reports an envelope that the target or some stream of the output cannot have.
void Loading::check_envelope(const Plan& plan, const ScenarioOutput& output, const OutputPlan& settled) {
    const TargetKind* target = target_of(settled.to);
    const auto stage = EnvelopeStage::make(settled.envelope, {});
    if (target == nullptr || !stage) return;  // said where targets and choices are read
    for (int stream : settled.streams) {
        const auto fits = stage->check(*plan.streams[static_cast<size_t>(stream)].schema, target->takes_messages);
        if (!fits) return result_.diagnostics.error(output.file, output.at, output.path, fits.error().message);
    }
}

/// True for streams that the command line asks for, or when it asks for none.
bool Loading::is_wanted(const StreamPlan& stream) const {
    return request_.streams.empty() || std::ranges::any_of(request_.streams, [&](const std::string& pattern) {
               return names_stream(pattern, stream.pack, stream.name);
           });
}

/// Notes which stream each stream of a pack follows.
void link_followers(const Pack& pack, Plan& plan) {
    for (StreamPlan& follower : plan.streams) {
        if (follower.pack != pack.name) continue;
        const auto followed = std::ranges::find_if(plan.streams, [&](const StreamPlan& stream) {
            return stream.pack == pack.name && stream.name == pack.stream(follower.name)->follows;
        });
        if (followed != plan.streams.end()) follower.follows = static_cast<int>(followed - plan.streams.begin());
    }
}

void Loading::add_sources(World& world, Plan& plan) {
    for (const auto& pack : world.packs) {
        const auto living = compile_living(world, *pack);
        std::map<std::string, std::pair<int, int>> place_of;
        for (const LivingSource& source : living) {
            for (size_t i = 0; i < source.streams.size(); ++i)
                place_of[source.streams[i]] = {static_cast<int>(plan.sources.size()), static_cast<int>(i)};
            plan.sources.push_back(source.plan);
        }
        for (const auto& stream : pack->streams) {
            StreamPlan planned;
            planned.pack = pack->name;
            planned.name = stream->name;
            planned.summary = stream->summary;
            planned.count = stream->count;
            if (!stream->from.empty()) {
                const auto place = place_of.find(stream->name);
                if (place == place_of.end()) continue;
                planned.source = place->second.first;
                planned.source_stream = place->second.second;
                planned.of_entities = true;
                planned.is_table = stream->table != nullptr;
                planned.schema = plan.sources[planned.source]->schemas()[planned.source_stream];
            } else {
                std::shared_ptr<const SourcePlan> source;
                if (stream->follows.empty()) {
                    if (auto flat = compile_flat(world, *stream)) source = make_flat_source(std::move(*flat));
                } else if (auto follower = compile_follower(world, *stream)) {
                    source = make_follower_source(std::move(*follower));
                }
                if (!source) continue;
                planned.source = static_cast<int>(plan.sources.size());
                planned.schema = source->schemas()[0];
                plan.sources.push_back(source);
            }
            if (is_wanted(planned))
                planned.outgoing = outgoing_stream_of(world, planned, scenario_.chaos, result_.diagnostics);
            plan.streams.push_back(std::move(planned));
        }
        link_followers(*pack, plan);
    }
}

void Loading::select(Plan& plan) {
    std::vector<int> chosen;
    const std::vector<std::string> wanted =
        request_.streams.empty() ? std::vector<std::string>{"all"} : request_.streams;
    chosen = streams_like(plan, wanted, flags_.file, {0, 0}, "--streams");
    for (ScenarioOutput& output : scenario_.outputs) {
        OutputPlan settled = output.plan;
        for (int stream : streams_of(plan, output)) {
            if (std::find(chosen.begin(), chosen.end(), stream) != chosen.end()) settled.streams.push_back(stream);
        }
        check_envelope(plan, output, settled);
        if (!settled.phase.empty() && !seam_)
            result_.diagnostics.error(output.file, output.at, output.path,
                                      "A run that does not go live has one phase only: " + settled.phase,
                                      "Say clock: {history: 90d, then: live}, or where the seam is: clock: {seam: "
                                      "2026-11-08T00:00:00Z}.");
        if (request_.check_output) {
            const auto checked =
                request_.check_output(settled, settled.phase == "live" ? seam_.value_or(start_) : start_);
            if (!checked)
                result_.diagnostics.error(output.file, output.at, output.path, checked.error().message);
            else if (!checked->empty())
                result_.diagnostics.warn(output.file, output.at, output.path, *checked);
        }
        plan.outputs.push_back(std::move(settled));
    }
    plan.answer_key = scenario_.answer_key;
}

void Loading::bound(Plan& plan) {
    std::vector<std::string> known;
    for (const StreamPlan& stream : plan.streams) known.push_back(stream.name);
    for (const std::string& text : request_.counts) {
        const size_t equals = text.find('=');
        const auto count = read_count(equals == std::string::npos ? text : text.substr(equals + 1));
        if (!count) {
            flags_.error({0, 0}, "--count", "Not a count: " + text,
                         "Write for example --count 1M or --count transactions=1M.");
            continue;
        }
        if (equals == std::string::npos) {
            for (size_t i = 0; i < plan.streams.size(); ++i) plan.counts.try_emplace(static_cast<int>(i), *count);
        } else {
            for (int stream : streams_like(plan, {text.substr(0, equals)}, flags_.file, {0, 0}, "--count"))
                plan.counts[stream] = *count;
        }
    }
    bound_rest(plan);
}

/// Bounds the streams that nothing else bounds, where no time bounds the run.
void Loading::bound_rest(Plan& plan) {
    const bool paced = plan.clock.live || plan.clock.rate > 0;
    if (plan.clock.until || paced || request_.is_preview) return;
    std::map<int, int64_t> rest;
    for (int i = 0; i < static_cast<int>(plan.streams.size()); ++i)
        if (!ends_by_count(plan, i)) rest[i] = first_look;
    plan.counts.insert(rest.begin(), rest.end());
    std::string names;
    for (const auto& [stream, count] : rest) {
        if (!goes_out(plan, stream)) continue;
        names += (names.empty() ? "" : ", ") + plan.streams[static_cast<size_t>(stream)].name;
    }
    if (names.empty()) return;
    const std::string records = std::to_string(first_look) + " records of each";
    result_.diagnostics.warn("command line", {0, 0}, "",
                             request_.counts.empty()
                                 ? "Nothing bounds this run, so it ends after " + records + " stream"
                                 : "Nothing bounds the other streams, so they end after " + records + ": " + names,
                             "Say --count 1M, --for 7d, --until 2026-02-01T00:00:00Z, --rate 100/s or --live.");
}

/// Tells what is wrong with packs and their parameters where a mistake of the scenario keeps the plan from being made. What
/// is wrong in a file that could not be read whole has consequences that nobody wants to hear of.
void Loading::check_packs() {
    World world(result_.diagnostics, scenario_.seed.value_or(42), start_);
    for (const auto& [name, parameters] : scenario_.packs) {
        const auto file = pack_files_.find(name);
        if (file != pack_files_.end() && file->second != files_.front()) add_pack(world, file->second, parameters);
    }
}

void Loading::build() {
    Plan plan;
    plan.seed = scenario_.seed.value_or(42);
    World world(result_.diagnostics, plan.seed, start_);
    world.incident_runs = scenario_.incidents;
    for (const auto& [name, parameters] : scenario_.packs) add_pack(world, pack_files_.at(name), parameters);
    check_incident_runs(world);
    plan.scenario = scenario_.name.empty() ? scenario_.packs[0].first : scenario_.name;
    plan.clock.start = start_;
    plan.clock.until = until_;
    plan.clock.live = scenario_.live;
    plan.clock.speed = scenario_.speed.value_or(1);
    plan.clock.rate = scenario_.rate.value_or(0);
    add_conditions(world, request_.streams, scenario_.chaos, result_.diagnostics);
    plan.clock.changes = scenario_.changes;
    plan.clock.seam = seam_;
    add_sources(world, plan);
    for (const auto& pack : world.packs) {
        PackUse use;
        use.name = pack->name;
        use.version = pack->version;
        use.file = pack->file->name;
        use.digest = hex_of(key_of(pack->file->text));
        for (const Parameter& parameter : pack->parameters)
            use.parameters.emplace_back(parameter.name, parameter.value.spelled);
        use.paces = paces_of(*pack);
        plan.packs.push_back(std::move(use));
        for (const auto& incident : pack->incidents)
            if (incident->times) plan.incidents.push_back({pack->name, incident->name, incident->times->ranges()});
        for (const std::string& notice : pack->notices) {
            const Node* node = pack->file->root.find(notice);
            result_.diagnostics.warn(pack->file->name, node->at, notice,
                                     "This version reads but does not carry out: " + notice);
        }
    }
    if (result_.diagnostics.has_errors()) return;
    select(plan);
    bound(plan);
    if (!result_.diagnostics.has_errors()) result_.plan = std::move(plan);
}

}  // namespace

Loaded load(const LoadRequest& request) { return Loading(request).run(); }

}  // namespace headwater
