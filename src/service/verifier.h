// For comparing landed copies with what runs sent: what the service is lent for that, and how it is asked.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/stop.h"
#include "pack/plan.h"

namespace headwater {

/// What a client asks for, as `headwater verify` is asked.
struct VerifyWishes {
    std::string from;  ///< empty: where the run went
    std::string format, match, order;
    std::string dead_letters, original, reason;
    std::vector<std::string> streams;  ///< empty: all of the run
    std::vector<std::string> ignored;
    int examples = 5;
};

/// A run, its plan made again up to where it ended.
struct VerifySubject {
    std::string run;
    Plan plan;
};

/// What was found.
struct VerifyOutcome {
    bool is_clean = false;
    std::string json;  ///< the report
    std::string page;  ///< the report as HTML
};

/// Any thread may use it.
class Verifier {
  public:
    virtual ~Verifier() = default;
    /// Refuses what makes no sense for the subject, or what no client may name, as invalid. Connects to nothing.
    virtual Result<void> check(const VerifySubject& subject, const VerifyWishes& wishes) const = 0;
    /// Compares; `scratch` is a folder for what memory does not hold. One that is stopped is `closed`.
    virtual Result<VerifyOutcome> verify(const VerifySubject& subject, const VerifyWishes& wishes,
                                         const std::string& scratch, const StopToken& stop) const = 0;
};

}  // namespace headwater
