// For comparing a copy with what a run sent, as the command line and clients of the service ask for it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/arguments.h"
#include "base/result.h"
#include "engine/components.h"
#include "engine/real_time.h"
#include "engine/stop.h"
#include "sink/kind.h"
#include "verify/grade.h"
#include "verify/verify.h"

namespace headwater {

/// A run that was made again, in parts, and what is asked of its copy.
struct GradeOrder {
    const VerifyArguments& arguments;
    std::vector<SentPart> parts;
    std::vector<Shape> shapes;
    std::string from;                    ///< where the copy is
    std::vector<std::string> objects{};  ///< names of those that belong to it; empty: all
    /// Refuses or changes addresses that somebody else named; none where nobody else did.
    std::function<Result<void>(OutputPlan& output)> confine{};
    bool confines_from = false;  ///< the address of the copy, too
    TargetBounds bounds{};
};

/// True for an address of topics.
bool is_of_messages(const std::string& from);

/// Says how a run wrote what a copy of an output was made from.
Result<DeliveredForm> form_of(const OutputPlan& output, const std::string& run, bool of_messages,
                              const Components& components);

/// Reads what is asked for, without connecting to anything.
Result<VerifyOptions> verify_options_of(const VerifyArguments& arguments);

/// Compares. The clock and the stop must outlive the call.
Result<Grade> grade_copy(const GradeOrder& order, RealTime& time, const StopToken& stop);

}  // namespace headwater
