// For what the service lends its clients of `headwater verify`.
#include "app/service_verifier.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/copy_source.h"
#include "app/grading.h"
#include "app/target.h"
#include "base/json.h"
#include "verify/report.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

/// Threads of one comparison: those of runs go on beside it.
constexpr int threads = 1;

VerifyArguments arguments_of(const VerifyWishes& wishes, const std::string& scratch) {
    VerifyArguments arguments{.from = wishes.from, .format = wishes.format, .match = wishes.match};
    arguments.order = wishes.order;
    arguments.scratch = scratch;
    arguments.dead_letters = wishes.dead_letters;
    arguments.original = wishes.original;
    arguments.reason = wishes.reason;
    arguments.ignored = wishes.ignored;
    arguments.examples = wishes.examples;
    arguments.threads = threads;
    return arguments;
}

/// Spells where an output went, as a copy is named: a folder in front of its holes, with its options.
std::string address_of_output(const OutputPlan& output) {
    std::string from = output.to;
    const size_t hole = from.find("$(");
    if (hole != std::string::npos && !is_of_messages(from)) from.resize(from.rfind('/', hole));
    const auto named = named_in(output);
    if (!named) return from;  // is told where the copy is opened
    char before = '?';
    for (const auto* options : {&named->format_request.options, &named->target_request.options}) {
        for (const auto& [name, value] : *options) {
            from += before + name + "=" + value;
            before = '&';
        }
    }
    return from;
}

class ServiceVerifier final : public Verifier {
  public:
    ServiceVerifier(const Components& components, std::function<Result<void>(OutputPlan& output)> confine,
                    TargetBounds bounds, RealTime& time)
        : components_(components), confine_(std::move(confine)), bounds_(std::move(bounds)), time_(time) {}

    Result<void> check(const VerifySubject& subject, const VerifyWishes& wishes) const override {
        const VerifyArguments arguments = arguments_of(wishes, "");
        const auto orders = orders_of(subject, wishes, arguments);
        if (!orders) return std::unexpected(orders.error());
        if (auto options = verify_options_of(arguments); !options) return std::unexpected(options.error());
        for (const auto& one : *orders) {
            const GradeOrder& order = one->order;
            for (const bool is_copy : {true, false}) {
                CopyRequest request{.from = is_copy ? order.from : wishes.dead_letters};
                if (request.from.empty()) continue;
                if (is_copy) request.format = wishes.format;
                if (!is_copy || order.confines_from) request.confine = confine_;
                for (const Shape& shape : order.shapes) request.streams.push_back(shape.stream());
                if (auto checked = check_copy(request, time_); !checked) return checked;
            }
        }
        return {};
    }

    Result<VerifyOutcome> verify(const VerifySubject& subject, const VerifyWishes& wishes, const std::string& scratch,
                                 const StopToken& stop) const override {
        const VerifyArguments arguments = arguments_of(wishes, scratch);
        const auto orders = orders_of(subject, wishes, arguments);
        if (!orders) return std::unexpected(orders.error());
        std::vector<VerifyOutcome> outcomes;
        for (const auto& one : *orders) {
            auto grade = grade_copy(one->order, time_, stop);
            if (!grade) return std::unexpected(grade.error());
            if (!wishes.from.empty()) grade->from = wishes.from.substr(0, wishes.from.find('?'));
            const auto& shapes = one->order.shapes;
            outcomes.push_back({grade->is_clean(), report_json(*grade, shapes), report_html(*grade, shapes)});
        }
        return outcomes.size() == 1 ? std::move(outcomes.front()) : together(outcomes);
    }

  private:
    /// What is asked of the copy of one output.
    struct OutputOrder {
        Plan plan;  ///< with that output alone
        GradeOrder order;
    };
    using Orders = std::vector<std::unique_ptr<OutputOrder>>;

    /// Puts the reports of all outputs into one.
    static VerifyOutcome together(const std::vector<VerifyOutcome>& outcomes) {
        VerifyOutcome all{.is_clean = std::ranges::all_of(outcomes, &VerifyOutcome::is_clean)};
        Json report, total = Json::object(), reports = Json::array();
        for (const VerifyOutcome& one : outcomes) {
            reports.push_back(parse_json(one.json));
            for (const auto& [name, count] : reports.back().at("total").items())
                total[name] = total.value(name, uint64_t{0}) + count.get<uint64_t>();
            all.page += all.page.empty()
                            ? one.page.substr(0, one.page.rfind("</html>"))
                            : one.page.substr(one.page.find("<h1>"), one.page.rfind("</html>") - one.page.find("<h1>"));
        }
        all.page += "</html>\n";
        for (const char* same : {"tool", "run"}) report[same] = reports.front().at(same);
        report["clean"] = all.is_clean;
        report["total"] = std::move(total);
        report["outputs"] = std::move(reports);
        all.json = spell_json(report, 2) + "\n";
        return all;
    }

    /// Says what is to be compared: the copy that was named, with all that was sent, or else that of each output.
    Result<Orders> orders_of(const VerifySubject& subject, const VerifyWishes& wishes,
                             const VerifyArguments& arguments) const {
        const std::vector<OutputPlan>& outputs = subject.plan.outputs;
        Orders orders;
        auto add = [&](const OutputPlan& output, const std::string& from) -> Result<void> {
            auto order = order_of(subject, output, from, wishes, arguments);
            if (!order) return std::unexpected(order.error());
            orders.push_back(std::move(*order));
            return {};
        };
        if (!wishes.from.empty()) {
            if (auto added = add(output_of_all(outputs, is_of_messages(wishes.from)), wishes.from); !added)
                return std::unexpected(added.error());
            return orders;
        }
        std::vector<const OutputPlan*> kept;
        for (const OutputPlan& output : outputs)
            if (outputs.size() == 1 || !output.to.starts_with("discard:")) kept.push_back(&output);
        for (const OutputPlan* output : kept) {
            const bool is_asked_for = kept.size() == 1 || wishes.streams.empty() ||
                                      std::ranges::any_of(wishes.streams, [&](const std::string& name) {
                                          return has_stream(subject.plan, *output, name);
                                      });
            if (!is_asked_for) continue;
            if (auto added = add(*output, address_of_output(*output)); !added) return std::unexpected(added.error());
        }
        if (orders.empty() && kept.empty())
            return fail(ErrorKind::invalid, "Run kept nothing that could be compared: " + outputs.front().to);
        if (orders.empty()) return fail(ErrorKind::invalid, "Run has no such stream: " + wishes.streams.front());
        return orders;
    }

    /// Gives an output of the kind that a copy was made from, with all streams of the run.
    static OutputPlan output_of_all(const std::vector<OutputPlan>& outputs, bool of_messages) {
        const auto found =
            std::ranges::find_if(outputs, [&](const OutputPlan& one) { return is_of_messages(one.to) == of_messages; });
        OutputPlan output = found == outputs.end() ? outputs.front() : *found;
        output.streams.clear();
        for (const OutputPlan& one : outputs)
            for (const int stream : one.streams)
                if (std::ranges::find(output.streams, stream) == output.streams.end()) output.streams.push_back(stream);
        std::ranges::sort(output.streams);
        return output;
    }

    Result<std::unique_ptr<OutputOrder>> order_of(const VerifySubject& subject, OutputPlan output,
                                                  const std::string& from, const VerifyWishes& wishes,
                                                  const VerifyArguments& arguments) const {
        auto made = std::make_unique<OutputOrder>(subject.plan, GradeOrder{.arguments = arguments, .from = from});
        if (auto narrowed = narrow(made->plan, wishes.streams, output); !narrowed)
            return std::unexpected(narrowed.error());
        auto form = form_of(output, subject.run, is_of_messages(from), components_);
        if (!form) return std::unexpected(form.error());
        made->plan.outputs = {std::move(output)};
        made->order.parts.push_back({&made->plan, subject.run, 0, 1, std::move(*form)});
        made->order.shapes = shapes_of(made->plan, {wishes.ignored.begin(), wishes.ignored.end()});
        made->order.confine = confine_;
        made->order.confines_from = !wishes.from.empty();
        made->order.bounds = bounds_;
        return made;
    }

    static bool has_stream(const Plan& plan, const OutputPlan& output, const std::string& name) {
        return std::ranges::any_of(
            output.streams, [&](int stream) { return plan.streams[static_cast<size_t>(stream)].is_called(name); });
    }

    /// Leaves the streams that are asked for. A name that only another output has is one of this run all the same.
    static Result<void> narrow(const Plan& plan, const std::vector<std::string>& names, OutputPlan& output) {
        for (const std::string& name : names)
            if (std::ranges::none_of(plan.outputs, [&](const OutputPlan& one) { return has_stream(plan, one, name); }))
                return fail(ErrorKind::invalid, "Run has no such stream: " + name);
        if (names.empty()) return {};
        std::erase_if(output.streams, [&](int stream) {
            return std::ranges::none_of(names, [&](const std::string& name) {
                return plan.streams[static_cast<size_t>(stream)].is_called(name);
            });
        });
        return {};
    }

    const Components& components_;
    std::function<Result<void>(OutputPlan& output)> confine_;
    TargetBounds bounds_;
    RealTime& time_;
};

}  // namespace

std::unique_ptr<Verifier> make_service_verifier(const Components& components,
                                                std::function<Result<void>(OutputPlan& output)> confine,
                                                TargetBounds bounds, RealTime& time) {
    return std::make_unique<ServiceVerifier>(components, std::move(confine), std::move(bounds), time);
}

}  // namespace headwater
