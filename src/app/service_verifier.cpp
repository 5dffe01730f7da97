// For what the service lends its clients of `headwater verify`.
#include "app/service_verifier.h"

#include <algorithm>
#include <utility>

#include "app/copy_source.h"
#include "app/grading.h"
#include "app/target.h"
#include "verify/report.h"

namespace headwater {

namespace {

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
                    RealTime& time)
        : components_(components), confine_(std::move(confine)), time_(time) {}

    Result<void> check(const VerifySubject& subject, const VerifyWishes& wishes) const override {
        Plan plan;
        const VerifyArguments arguments = arguments_of(wishes, "");
        const auto order = order_of(subject, wishes, arguments, plan);
        if (!order) return std::unexpected(order.error());
        if (auto options = verify_options_of(arguments); !options) return std::unexpected(options.error());
        for (const bool is_copy : {true, false}) {
            CopyRequest request{.from = is_copy ? order->from : wishes.dead_letters};
            if (request.from.empty()) continue;
            if (is_copy) request.format = wishes.format;
            if (!is_copy || order->confines_from) request.confine = confine_;
            for (const Shape& shape : order->shapes) request.streams.push_back(shape.stream());
            if (auto checked = check_copy(request, time_); !checked) return checked;
        }
        return {};
    }

    Result<VerifyOutcome> verify(const VerifySubject& subject, const VerifyWishes& wishes, const std::string& scratch,
                                 const StopToken& stop) const override {
        Plan plan;
        const VerifyArguments arguments = arguments_of(wishes, scratch);
        const auto order = order_of(subject, wishes, arguments, plan);
        if (!order) return std::unexpected(order.error());
        auto grade = grade_copy(*order, time_, stop);
        if (!grade) return std::unexpected(grade.error());
        if (!wishes.from.empty()) grade->from = wishes.from.substr(0, wishes.from.find('?'));
        return VerifyOutcome{grade->is_clean(), report_json(*grade, order->shapes), report_html(*grade, order->shapes)};
    }

  private:
    /// Narrows the plan to the output that is meant, and to streams where some are named.
    Result<GradeOrder> order_of(const VerifySubject& subject, const VerifyWishes& wishes,
                                const VerifyArguments& arguments, Plan& plan) const {
        plan = subject.plan;
        const bool of_messages = is_of_messages(wishes.from);
        auto is_meant = [&](const OutputPlan& one) { return is_of_messages(one.to) == of_messages; };
        auto found = std::ranges::find_if(plan.outputs, is_meant);
        OutputPlan output = wishes.from.empty() || found == plan.outputs.end() ? plan.outputs.front() : *found;
        if (!wishes.from.empty()) {
            output.streams.clear();
            for (const OutputPlan& one : plan.outputs)
                for (const int stream : one.streams)
                    if (std::ranges::find(output.streams, stream) == output.streams.end())
                        output.streams.push_back(stream);
            std::ranges::sort(output.streams);
        }
        if (auto narrowed = narrow(plan, wishes.streams, output); !narrowed) return std::unexpected(narrowed.error());
        const std::string from = wishes.from.empty() ? address_of_output(output) : wishes.from;
        auto form = form_of(output, subject.run, is_of_messages(from), components_);
        if (!form) return std::unexpected(form.error());
        plan.outputs = {std::move(output)};
        GradeOrder order{.arguments = arguments, .from = from};
        order.parts.push_back({&plan, subject.run, 0, 1, std::move(*form)});
        order.shapes = shapes_of(plan, {wishes.ignored.begin(), wishes.ignored.end()});
        order.confine = confine_;
        order.confines_from = !wishes.from.empty();
        return order;
    }

    static Result<void> narrow(const Plan& plan, const std::vector<std::string>& names, OutputPlan& output) {
        if (names.empty()) return {};
        std::vector<int> kept;
        for (const std::string& name : names) {
            auto is_it = [&](int index) {
                const StreamPlan& stream = plan.streams[static_cast<size_t>(index)];
                return name == stream.name || name == stream.qualified();
            };
            const size_t before = kept.size();
            std::ranges::copy_if(output.streams, std::back_inserter(kept), is_it);
            if (kept.size() == before) return fail(ErrorKind::invalid, "Run has no such stream: " + name);
        }
        std::ranges::sort(kept);
        kept.erase(std::ranges::unique(kept).begin(), kept.end());
        output.streams = std::move(kept);
        return {};
    }

    const Components& components_;
    std::function<Result<void>(OutputPlan& output)> confine_;
    RealTime& time_;
};

}  // namespace

std::unique_ptr<Verifier> make_service_verifier(const Components& components,
                                                std::function<Result<void>(OutputPlan& output)> confine,
                                                RealTime& time) {
    return std::make_unique<ServiceVerifier>(components, std::move(confine), time);
}

}  // namespace headwater
