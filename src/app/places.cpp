// For seeing that no two outputs of a run write to one place.
#include "app/places.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/target.h"
#include "base/take.h"

namespace headwater {

namespace {

/// A place that an output has taken for a stream.
struct Taken {
    const OutputPlan* output;
    std::string stream;  ///< pack.stream
    std::string name;    ///< as its target spells it, holes of dates and hours included
};

/// Puts holes where a name has a date and, behind that, an hour: what a name with holes may come out as.
std::string with_holes(std::string_view name) {
    constexpr std::string_view date = "0000-00-00", hour = "00";
    const auto begins_like = [&](size_t at, std::string_view shape) {
        if (at + shape.size() > name.size() || (at > 0 && is_digit(name[at - 1]))) return false;
        for (size_t i = 0; i < shape.size(); ++i)
            if (shape[i] == '0' ? !is_digit(name[at + i]) : name[at + i] != shape[i]) return false;
        return at + shape.size() == name.size() || !is_digit(name[at + shape.size()]);
    };
    std::string text;
    bool has_date = false;
    for (size_t at = 0; at < name.size();) {
        if (begins_like(at, date)) {
            has_date = true;
            text += "$(date)";
            at += date.size();
        } else if (has_date && begins_like(at, hour)) {
            text += "$(hour)";
            at += hour.size();
        } else {
            has_date = has_date || name.substr(at).starts_with("$(date)");
            text += name[at++];
        }
    }
    return text;
}

/// Collects the places of a plan.
class Places {
  public:
    Result<void> take(const OutputPlan& output, const std::string& stream, bool is_key) {
        const auto named = named_in(output);
        if (!named) return std::unexpected(named.error());
        if (named->target->places == nullptr) return {};
        for (std::string& name : named->target->places(named->target_request, stream)) {
            const std::string general = with_holes(name);
            auto& there = taken_[general];
            for (const Taken& other : there) {
                const bool is_one = other.name == name || other.name == general || name == general;
                if (is_one && other.output != &output) return refuse(other, {&output, stream, name}, is_key);
            }
            there.push_back({&output, stream, std::move(name)});
        }
        return {};
    }

  private:
    static Result<void> refuse(const Taken& first, const Taken& second, bool is_key) {
        const std::string streams =
            first.stream == second.stream ? first.stream : first.stream + " and " + second.stream;
        return fail(ErrorKind::invalid, std::string(is_key ? "Answer key and an output" : "Two outputs") + " write " +
                                            streams + " to one place; give each its own: " + first.output->to +
                                            " and " + second.output->to);
    }

    std::map<std::string, std::vector<Taken>> taken_;  ///< by name with holes
};

}  // namespace

Result<void> check_places(const Plan& plan) {
    Places places;
    const auto name_of = [&](int stream) { return plan.streams[static_cast<size_t>(stream)].qualified(); };
    for (const OutputPlan& output : plan.outputs)
        for (int stream : output.streams)
            if (auto taken = places.take(output, name_of(stream), false); !taken) return taken;
    if (!plan.answer_key) return {};
    for (const OutputPlan& output : plan.outputs)
        for (int stream : output.streams)
            if (auto taken = places.take(*plan.answer_key, name_of(stream), true); !taken) return taken;
    return {};
}

}  // namespace headwater
