// For what the program does: one function per command, which gives the exit code.
#pragma once

#include <string>

#include "app/arguments.h"

namespace headwater {

/// Runs a pack or scenario.
int run_command(const Arguments& arguments);
/// Serves the API until a signal ends it.
int serve_command(const Arguments& arguments);
/// Removes what a run made.
int clean_command(const Arguments& arguments);
/// Compares a landed copy with what a run sent.
int verify_command(const Arguments& arguments);
/// Prints the first records of each stream to stdout.
int preview_command(const Arguments& arguments);
/// Prints every mistake of the named files to stdout.
int lint_command(const Arguments& arguments);
/// Lists the packs there are.
int packs_command(const Arguments& arguments);
/// Prints what a pack holds.
int describe_command(const Arguments& arguments);
/// Writes a new pack.
int new_command(const Arguments& arguments);
/// Prints the JSON Schema of packs or scenarios.
int schema_command(const Arguments& arguments);
/// Prints a page of the reference, for docs/reference/.
int reference_command(const Arguments& arguments);
/// Prints name and version.
int version_command();

}  // namespace headwater
