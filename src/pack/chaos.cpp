// For reading the faults of a scenario, and for striking streams with them.
#include "pack/chaos.h"

#include <algorithm>
#include <set>

#include "base/random.h"
#include "base/time.h"
#include "pack/streams.h"

namespace headwater {

namespace {

/// Reads one fault.
class FaultReader {
  public:
    FaultReader(const Reading& reading, const Node& node, std::string path)
        : reading_(reading), node_(node), path_(std::move(path)), section_(reading, &node, path_) {}

    std::optional<ScenarioFault> read() {
        std::vector<std::string> known;
        for (const FaultVerb& verb : fault_verbs()) known.emplace_back(verb.name);
        const auto verb = section_.choice("fault", known);
        if (!verb) {
            if (node_.is_null() || (node_.is_map() && node_.find("fault") == nullptr))
                reading_.error(node_.at, path_, "A fault says what it is",
                               "Write fault: drop, with streams and chance.");
            // Whatever it is to be, keys that no fault has are wrong.
            for (const char* key : {"name", "streams", "where", "chance", "at", "for", "every", "times"})
                section_.take(key);
            for (const FaultVerb& one : fault_verbs())
                for (const FaultOption& option : one.options) section_.take(option.name);
            section_.finish();
            return std::nullopt;
        }
        verb_ = find_fault_verb(*verb);
        fault_.plan.verb = *verb;
        fault_.plan.name = section_.text("name").value_or(*verb);
        fault_.at = node_.at;
        fault_.file = reading_.file;
        fault_.path = path_;
        fault_.streams = section_.texts("streams");
        if (fault_.streams.empty()) fault_.streams = {"all"};
        fault_.where = section_.take("where");
        read_window();
        read_chance();
        for (const FaultOption& option : verb_->options) read_option(option);
        section_.finish();
        fault_.plan.spelled = spelled(node_);
        return std::move(fault_);
    }

  private:
    void read_window() {
        FaultWindow& window = fault_.plan.window;
        if (const Node* at = section_.take("at")) {
            const std::string text = at->is_scalar() ? at->text : "";
            fault_.at_instant = parse_instant(text);
            if (!fault_.at_instant) fault_.at_since_start = parse_duration(text);
            if (!fault_.at_instant && !fault_.at_since_start)
                reading_.error(at->at, path_ + ".at", "Neither a duration since the start nor an instant: " + text,
                               "Write for example 10h or 2026-11-01T10:00:00Z.");
        }
        window.length = section_.duration("for").value_or(INT64_MAX);
        window.every = section_.duration("every").value_or(0);
        const auto times = section_.count("times");
        window.times = times.value_or(window.every > 0 ? INT64_MAX : 1);
        is_windowed_ = fault_.at_instant || fault_.at_since_start || window.length != INT64_MAX;
        if (times && *times > 1 && window.every == 0)
            reading_.error(section_.at("times"), path_ + ".times", "What happens several times needs to say how often",
                           "Add for example every: 1d.");
        if (window.every > 0 && window.length > window.every)
            reading_.error(section_.at("every"), path_ + ".every",
                           "A window is longer than the time to the next one" +
                               std::string(window.length == INT64_MAX ? "" : ": " + human_duration(window.length)),
                           "Say with for: how long it lasts.");
        if (verb_->name == "burst" && window.length == INT64_MAX)
            reading_.error(node_.at, path_, "A burst needs a window to hold records up in",
                           "Add for example for: 10min.");
    }

    void read_chance() {
        const auto chance = section_.share("chance");
        fault_.plan.chance = chance.value_or(1);
        if (chance || is_windowed_ || fault_.where != nullptr || node_.find("chance") != nullptr) return;
        reading_.error(node_.at, path_, "A fault says which records it strikes, as this would strike them all",
                       "Add for example chance: 1%, for: 10min or where: amount > 100.");
    }

    void read_option(const FaultOption& option) {
        const bool is_given = node_.find(option.name) != nullptr;
        if (!is_given && option.fallback.empty()) {
            section_.take(option.name);
            reading_.error(node_.at, path_, "Fault " + std::string(verb_->name) + " needs " + std::string(option.name),
                           "It is " + std::string(option.help) + ".");
            return;
        }
        FaultValue value;
        if (!is_given) {
            section_.take(option.name);
            if (option.fallback == "-") return;
            Node fallback;
            fallback.at = node_.at;
            fallback.text = option.fallback;
            read_text(option, fallback, value);
        } else if (option.kind == FaultOptionKind::fields) {
            value.texts = section_.texts(option.name);
        } else if (option.kind == FaultOptionKind::changes) {
            read_changes(option, value);
        } else if (const Node* node = section_.take(option.name); node->is_scalar()) {
            read_text(option, *node, value);
        } else {
            reading_.error(node->at, section_.path_of(option.name), "One value is expected here, not a list or a map");
        }
        fault_.plan.options[std::string(option.name)] = std::move(value);
    }

    void read_text(const FaultOption& option, const Node& node, FaultValue& value) {
        const std::string& text = node.text;
        auto wrong = [&](const std::string& what, const std::string& example) {
            reading_.error(node.at, section_.path_of(option.name), what + ": " + text,
                           "Write for example " + example + ".");
        };
        switch (option.kind) {
            case FaultOptionKind::durations: {
                const auto range = read_durations(text);
                if (!range) return wrong("Neither a duration nor a range of them", "200ms..800ms");
                value.low = range->low;
                value.high = range->high;
                return;
            }
            case FaultOptionKind::count: {
                const auto count = read_count(text);
                if (!count || *count < 1 || *count > 1'000'000) return wrong("Not a count from 1 to 1M", "3");
                value.low = *count;
                return;
            }
            case FaultOptionKind::size: {
                const auto size = read_size(text);
                if (!size || *size > (64U << 20)) return wrong("Not a size up to 64 MiB", "2MiB");
                value.low = static_cast<int64_t>(*size);
                return;
            }
            case FaultOptionKind::number: {
                const auto number = read_parameter("float", text);
                if (!number) return wrong("Not a number", "1000");
                value.number = number->real;
                return;
            }
            case FaultOptionKind::choice: {
                std::vector<std::string> known(option.choices.begin(), option.choices.end());
                if (std::ranges::find(known, text) == known.end())
                    reading_.error(node.at, section_.path_of(option.name),
                                   "Unknown " + std::string(option.name) + ": " + text, suggest(text, known));
                value.text = text;
                return;
            }
            default: value.text = text;
        }
    }

    void read_changes(const FaultOption& option, FaultValue& value) {
        const Node* node = section_.take(option.name);
        if (!node->is_map()) {
            reading_.error(node->at, section_.path_of(option.name), "A map of fields is expected here");
            return;
        }
        for (const Node::Entry& entry : node->entries) {
            if (entry.value.is_scalar()) {
                value.changes.emplace_back(entry.key, entry.value.text);
                continue;
            }
            reading_.error(entry.value.at, section_.path_of(option.name),
                           "One value is expected here, not a list or a map");
        }
    }

    /// Spells a fault so that two spell alike only if they do the same.
    static std::string spelled(const Node& node) {
        if (node.is_scalar()) return "'" + node.text + "'";
        std::string text = node.is_map() ? "{" : "[";
        for (const Node& item : node.items) text += spelled(item) + ",";
        for (const Node::Entry& entry : node.entries)
            if (entry.key != "because") text += "'" + entry.key + "':" + spelled(entry.value) + ",";
        return text + (node.is_map() ? "}" : "]");
    }

    const Reading& reading_;
    const Node& node_;
    std::string path_;
    Section section_;
    const FaultVerb* verb_ = nullptr;
    ScenarioFault fault_;
    bool is_windowed_ = false;
};

/// Names the hidden column of a stream that says whom a fault may strike.
std::string condition_name(size_t fault) { return "(chaos " + std::to_string(fault + 1) + ")"; }

bool strikes(const ScenarioFault& fault, const std::string& pack, const std::string& stream) {
    return std::ranges::any_of(fault.streams, [&](auto& pattern) { return names_stream(pattern, pack, stream); });
}

}  // namespace

std::vector<ScenarioFault> read_chaos(const Reading& reading, const Node* node) {
    std::vector<ScenarioFault> faults;
    if (node == nullptr || node->is_null()) return faults;
    if (!node->is_sequence()) {
        reading.error(node->at, "chaos", "Faults are a list", "Begin each with - fault: NAME.");
        return faults;
    }
    std::set<std::string> addresses;
    for (size_t i = 0; i < node->items.size(); ++i) {
        const Node& item = node->items[i];
        const std::string path = "chaos." + std::to_string(i + 1);
        auto fault = FaultReader(reading, item, path).read();
        if (!fault) continue;
        const bool is_named = item.find("name") != nullptr;
        fault->address = is_named ? fault->plan.name : std::to_string(i + 1);
        if (is_named && !addresses.insert(fault->address).second)
            reading.error(item.at, path, "Two faults have one name: " + fault->address);
        faults.push_back(std::move(*fault));
    }
    return faults;
}

bool names_stream(const std::string& pattern, const std::string& pack, const std::string& stream) {
    return pattern == "all" || pattern == stream || pattern == pack + "." + stream || pattern == pack + ".*";
}

void add_conditions(const World& world, const std::vector<std::string>& wanted,
                    const std::vector<ScenarioFault>& faults, Diagnostics& diagnostics) {
    for (size_t i = 0; i < faults.size(); ++i) {
        const ScenarioFault& fault = faults[i];
        std::vector<std::string> known;
        std::set<std::string> used;
        for (const auto& pack : world.packs) {
            for (const auto& stream : pack->streams) {
                known.push_back(stream->name);
                known.push_back(pack->name + "." + stream->name);
                for (const std::string& pattern : fault.streams)
                    if (names_stream(pattern, pack->name, stream->name)) used.insert(pattern);
                const bool is_wanted = wanted.empty() || std::ranges::any_of(wanted, [&](const std::string& pattern) {
                                           return names_stream(pattern, pack->name, stream->name);
                                       });
                if (!is_wanted || fault.where == nullptr || !strikes(fault, pack->name, stream->name)) continue;
                stream->conditions.push_back({condition_name(i), fault.where, fault.file, fault.path + ".where"});
            }
        }
        for (const std::string& pattern : fault.streams)
            if (!used.contains(pattern))
                diagnostics.error(fault.file, fault.at, fault.path, "Unknown stream: " + pattern,
                                  suggest(pattern, known));
    }
}

std::shared_ptr<const OutgoingStream> outgoing_stream_of(const World& world, const StreamPlan& stream,
                                                         const std::vector<ScenarioFault>& faults,
                                                         Diagnostics& diagnostics) {
    std::vector<FaultPlan> plans;
    for (size_t i = 0; i < faults.size(); ++i) {
        const ScenarioFault& fault = faults[i];
        if (!strikes(fault, stream.pack, stream.name)) continue;
        FaultPlan plan = fault.plan;
        const uint64_t chaos = key_under(world.seed_key, key_of("chaos " + fault.address));
        plan.key = key_under(chaos, key_of(stream.qualified()));
        plan.window.from = fault.at_instant.value_or(world.start + fault.at_since_start.value_or(0));
        if (fault.where != nullptr) plan.condition = condition_name(i);
        plans.push_back(std::move(plan));
        // Each is tried behind those before it, so that what does not fit is reported where it stands.
        auto made = OutgoingStream::make(stream.schema, plans);
        if (made) continue;
        const bool is_named = std::ranges::any_of(
            fault.streams, [](const std::string& pattern) { return pattern != "all" && !pattern.ends_with(".*"); });
        diagnostics.error(fault.file, fault.at, fault.path, made.error().message,
                          is_named ? "" : "Say with streams: which streams it is for.");
        plans.pop_back();
    }
    // What never strikes leaves the run as it is, its name included.
    std::erase_if(plans, [](const FaultPlan& plan) { return plan.chance <= 0; });
    if (plans.empty() && stream.schema->late.empty() && stream.schema->versions.empty()) return nullptr;
    return OutgoingStream::make(stream.schema, std::move(plans)).value_or(nullptr);
}

}  // namespace headwater
