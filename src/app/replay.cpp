// For spelling the command that makes the same records again.
#include "app/replay.h"

#include <algorithm>

#include "base/shell_word.h"
#include "base/time.h"
#include "pack/output_options.h"

namespace headwater {

namespace {

/// Builds a command word by word.
class Spelling {
  public:
    void word(const std::string& text) { text_ += (text_.empty() ? "" : " ") + shell_quoted(text); }
    void flag(const std::string& name, const std::string& value) {
        if (value.empty()) return;
        word(name);
        word(value);
    }
    void each(const std::string& name, const std::vector<std::string>& values) {
        for (const std::string& value : values) flag(name, value);
    }
    std::string text() const { return text_; }

  private:
    std::string text_;
};

}  // namespace

std::string replay_command(const Arguments& arguments, const Plan& plan, std::optional<int64_t> reached) {
    const RunArguments& run = arguments.run;
    Spelling out;
    out.word("headwater");
    out.word("run");
    for (const std::string& what : arguments.plan.what) out.word(what);
    out.each("--packs", arguments.plan.packs);
    out.each("--set", arguments.plan.set);
    out.flag("--seed", std::to_string(plan.seed));
    out.flag("--start", spell_instant(plan.clock.start));
    if (auto until = reached ? reached : plan.clock.until) out.flag("--until", spell_instant(*until));
    const bool names_all =
        std::ranges::any_of(run.counts, [](const auto& count) { return count.find('=') == count.npos; });
    // What bounded the run by default does so no more where an end is named.
    if (reached && !plan.clock.until && !names_all)
        for (const auto& [stream, count] : plan.counts)
            out.flag("--count", plan.streams[static_cast<size_t>(stream)].qualified() + "=" + std::to_string(count));
    else
        out.each("--count", run.counts);
    out.each("--streams", arguments.plan.streams);
    out.each("--chaos", run.chaos);
    out.each("--incident", run.incidents);
    out.each("--to", run.to);
    for (const Option& option : output_options()) {
        const auto said = run.output.find(std::string(option.name));
        // A flag without a value is of what lies there already, which records do not hang on.
        if (said != run.output.end() && option.shape != OptionShape::boolean) out.flag(flag_of(option), said->second);
    }
    out.flag("--answer-key", run.answer_key);
    out.flag("--run-id", run.run_id);
    if (run.parts > 1) {
        out.flag("--parts", std::to_string(run.parts));
        out.flag("--part", std::to_string(run.part));
    }
    return out.text();
}

}  // namespace headwater
