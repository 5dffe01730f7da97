// For turning what was typed into a plan that can be run, or into diagnostics.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/arguments.h"
#include "app/console.h"
#include "base/result.h"
#include "pack/load.h"

namespace headwater {

/// Gives the folders to look for packs in: those given, those listed with colons between them, ./packs where it exists.
std::vector<std::string> pack_folders(std::vector<std::string> given, std::string_view listed);
/// Gives the folders to look for packs in: --packs, HEADWATER_PACKS (separated by colons), ./packs where it exists.
std::vector<std::string> pack_folders(const PlanArguments& arguments);

/// Puts a request for a plan together; `what` is one of PlanArguments::what. The only failure is a value that is not one.
Result<LoadRequest> request_of(const Arguments& arguments, const std::string& what, int64_t now);

/// Loads a plan, prints every diagnostic to stderr, and gives none when there was an error.
std::optional<Plan> load_and_tell(const LoadRequest& request, Console& console);

/// Settles the plan's outputs and answer key: options behind `?`, stdout where there is no output.
Result<void> settle_outputs(Plan& plan);

}  // namespace headwater
