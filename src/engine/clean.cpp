// For removing what a run made: its objects, its manifests, and the topics, buckets and folders that it lacked.
#include "engine/clean.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ranges>
#include <utility>

#include "base/json.h"
#include "engine/manifest.h"
#include "engine/other_run.h"
#include "engine/wiring.h"

namespace headwater {

namespace {

class Cleaner {
  public:
    Cleaner(const Plan& plan, const CleanOrder& order, Wiring wiring)
        : plan_(plan), order_(order), wiring_(std::move(wiring)) {}

    Result<CleanReport> clean() {
        for (auto& lane : wiring_.lanes) {
            auto removed = lane->remove_objects(order_.objects ? &*order_.objects : nullptr);
            if (!removed) return std::unexpected(removed.error());
            report_.objects += *removed;
        }
        if (auto removed = remove_manifests(); !removed) return std::unexpected(removed.error());
        // What was made last may lie in what was made first.
        for (const NotedThing& noted : std::views::reverse(order_.made))
            if (auto gone = unmake(noted); !gone) return std::unexpected(gone.error());
        return std::move(report_);
    }

  private:
    Result<void> remove_manifests() {
        std::set<std::string> roots;
        for (size_t lane = 0; lane < wiring_.lanes.size(); ++lane) {
            const LaneUse& use = wiring_.uses[lane];
            if (!use.keeps_objects || !roots.insert(use.root).second) continue;
            if (auto removed = remove_manifest(*wiring_.lanes[lane], use.root); !removed) return removed;
        }
        return {};
    }

    /// True when one of the small objects beside those of runs is of this one.
    bool is_ours(const std::string& text) const {
        const nlohmann::ordered_json json = parse_json_or_discard(text);
        return json.is_object() && json.value("run", "") == order_.run &&
               (!order_.command || json.value("command", "") == *order_.command);
    }

    Result<void> remove_manifest(Lane& lane, const std::string& root) {
        const std::string writing = writing_name(order_.part, order_.parts);
        auto shown = lane.read(writing);
        if (!shown) return std::unexpected(shown.error());
        if (*shown && is_ours(**shown))
            if (auto hidden = lane.remove(writing); !hidden) return hidden;
        const std::string name = manifest_name(order_.part, order_.parts);
        auto text = lane.read(name);
        if (!text) return std::unexpected(text.error());
        if (!*text) return {};
        if (!is_ours(**text)) {
            report_.kept.push_back("Manifest is of another run: " + root + "/" + name);
            return {};
        }
        for (const std::string& one : {success_name(order_.part, order_.parts), name})
            if (auto removed = lane.remove(one); !removed) return removed;
        ++report_.objects;
        return {};
    }

    Result<void> unmake(const NotedThing& noted) {
        auto is_of = [&](const LaneUse& use) { return use.output->to == noted.to; };
        const auto use = std::ranges::find_if(wiring_.uses, is_of);
        if (use == wiring_.uses.end()) {
            report_.kept.push_back("No output leads there any more: " + noted.to);
            return {};
        }
        auto& lane = wiring_.lanes[static_cast<size_t>(use - wiring_.uses.begin())];
        const auto delivered = delivered_to(noted.to);
        auto why_not = lane->unmake(noted.thing, delivered);
        if (!why_not) return std::unexpected(why_not.error());
        if (why_not->empty())
            report_.removed.push_back(noted.thing.kind + " " + noted.thing.name);
        else
            report_.kept.push_back(*why_not);
        return {};
    }

    /// Counts by stream what the run delivered to an address: what went elsewhere is none of it.
    std::map<std::string, int64_t> delivered_to(const std::string& to) const {
        std::map<std::string, int64_t> delivered;
        for (const LaneUse& use : wiring_.uses) {
            if (use.output->to != to) continue;
            // All records of an answer key lie in one topic, under whatever stream.
            if (use.is_answer_key) delivered["answer key"] += order_.answer_key_records;
            for (const int stream : use.is_answer_key ? std::vector<int>{} : use.streams) {
                const std::string name = plan_.streams[static_cast<size_t>(stream)].qualified();
                if (const auto records = order_.delivered.find(name); records != order_.delivered.end())
                    delivered[name] += records->second;
            }
        }
        return delivered;
    }

    const Plan& plan_;
    const CleanOrder& order_;
    Wiring wiring_;
    CleanReport report_;
};

}  // namespace

Result<CleanReport> clean(const Plan& plan, const CleanOrder& order, const Components& components, RealTime& time) {
    StopToken at_once;  // the first failure of a target ends it
    at_once.request();
    DeadLetters none("");
    const Delivery delivery{time, at_once, none};
    auto wiring = wire(plan, {order.run, order.part, order.parts}, components, delivery);
    if (!wiring) return std::unexpected(wiring.error());
    return Cleaner(plan, order, std::move(*wiring)).clean();
}

}  // namespace headwater
