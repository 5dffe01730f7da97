// For showing runs as they go on: sampled once a second, however many look on.
#include "service/telemetry.h"

#include <cmath>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/json.h"
#include "base/time.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

std::string event(const char* name, const Json& json) {
    return std::string("event: ") + name + "\ndata: " + spell_json(json) + "\n\n";
}

double per_second(int64_t now, int64_t before, int64_t micros) {
    return std::max(0.0, static_cast<double>(now - before) * micros_per_second / static_cast<double>(micros));
}

}  // namespace

/// One client's place in what a channel says. It keeps the channel, never a text.
class Telemetry::Follower final : public HttpStream {
  public:
    explicit Follower(std::shared_ptr<Channel> channel) : channel_(std::move(channel)) {}

    std::shared_ptr<const std::string> next() override {
        if (channel_->number == seen_) return nullptr;
        seen_ = channel_->number;
        return channel_->text;
    }
    bool is_over() const override { return channel_->is_over && channel_->number == seen_; }

  private:
    std::shared_ptr<Channel> channel_;
    uint64_t seen_ = 0;
};

void Telemetry::tick() {
    std::erase_if(channels_, [](const auto& one) { return one.second.use_count() == 1; });
    const int64_t now = time_.elapsed();
    if (sampled_us_ != INT64_MIN && now - sampled_us_ < micros_per_second) return;
    sampled_us_ = now;
    std::set<std::string> going;
    for (StoredRun& run : runs_.going()) {
        going.insert(run.id);
        sample(std::move(run), now);
    }
    std::unique_lock lock(mutex_);
    std::erase_if(samples_, [&](const auto& one) { return !going.contains(one.first); });
    lock.unlock();
    for (const auto& [id, channel] : channels_)
        if (!id.empty() && !going.contains(id) && !channel->is_over) say_end(id);
    say_all();
}

void Telemetry::sample(StoredRun run, int64_t now_us) {
    std::unique_lock lock(mutex_);
    Sample& last = samples_[run.id];
    const RunCounts &now = run.counts, &before = last.run.counts;
    RunRates rates;
    if (last.at_us != 0 && now_us > last.at_us) {
        const int64_t passed = now_us - last.at_us;
        rates.records = per_second(now.records, before.records, passed);
        for (size_t i = 0; i < std::min(now.streams.size(), before.streams.size()); ++i)
            rates.streams.push_back(per_second(now.streams[i].records, before.streams[i].records, passed));
        for (size_t i = 0; i < std::min(now.sinks.size(), before.sinks.size()); ++i)
            rates.sinks.push_back(per_second(now.sinks[i].records, before.sinks[i].records, passed));
    }
    const std::string id = run.id;
    last = {std::move(run), now_us, std::move(rates)};
    lock.unlock();
    if (channels_.contains(id)) say(id, event("run", spell_run(last.run, &last.rates)), false);
}

void Telemetry::say(const std::string& channel, const std::string& text, bool is_over) {
    Channel& one = *channels_.at(channel);
    one.text = std::make_shared<const std::string>(text);
    ++one.number;
    one.is_over = is_over;
}

void Telemetry::say_all() {
    if (!channels_.contains("")) return;
    Json json{{"at", spell_instant(time_.now())}, {"records", 0}, {"events_per_second", 0.0}, {"runs", Json::array()}};
    double all = 0;
    int64_t records = 0;
    for (const auto& [id, one] : samples_) {
        all += one.rates.records;
        records += one.run.counts.records;
        json["runs"].push_back(spell_run(one.run, &one.rates));
    }
    json["records"] = records;
    json["events_per_second"] = std::round(all * 10) / 10;
    say("", event("runs", json), false);
}

/// Says how a run ended, and that nothing follows.
void Telemetry::say_end(const std::string& run) {
    const auto found = runs_.find(run);
    if (!found || !*found) return say(run, "event: end\ndata: {}\n\n", true);
    const Json last = spell_run(**found, nullptr);
    say(run, event("run", last) + event("end", {{"state", name_of((*found)->state)}}), true);
}

std::shared_ptr<HttpStream> Telemetry::follow(const std::string& run) {
    if (streams() >= most_streams) return nullptr;
    const bool is_new = !channels_.contains(run);
    std::shared_ptr<Channel>& channel = channels_[run];
    if (is_new) channel = std::make_shared<Channel>();
    auto follower = std::make_shared<Follower>(channel);
    if (!is_new) return follower;
    if (run.empty()) {
        say_all();
    } else if (const auto found = runs_.find(run); found && *found && !is_over((*found)->state)) {
        const auto rates = rates_of(run);
        say(run, event("run", spell_run(**found, rates ? &*rates : nullptr)), false);
    } else {
        say_end(run);
    }
    return follower;
}

std::optional<RunRates> Telemetry::rates_of(const std::string& run) const {
    std::lock_guard lock(mutex_);
    const auto found = samples_.find(run);
    return found == samples_.end() ? std::nullopt : std::optional(found->second.rates);
}

size_t Telemetry::streams() const {
    size_t count = 0;
    for (const auto& [id, channel] : channels_) count += static_cast<size_t>(channel.use_count()) - 1;
    return count;
}

}  // namespace headwater
