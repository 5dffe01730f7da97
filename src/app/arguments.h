// For what was typed: the command line as plain values, before any of it is looked up.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace headwater {

/// What all commands share.
struct ConsoleArguments {
    bool quiet = false;
    bool no_color = false;
    std::string log_level = "info";   ///< error, warn, info, debug
    std::string log_format = "text";  ///< text, json
};

/// What says which plan is meant; the same for run, preview and lint.
struct PlanArguments {
    std::vector<std::string> what;   ///< packs, pack files or scenario files; run and preview take one
    std::vector<std::string> packs;  ///< folders
    std::vector<std::string> set;    ///< k=v
    std::string seed;                ///< a number or `random`; empty = of the scenario
    std::vector<std::string> streams;
};

/// What `run` takes beyond the plan, as typed; empty = not given.
struct RunArguments {
    std::string start, until, duration, history, seam, speed, rate;
    bool live = false;
    std::vector<std::string> counts;
    std::vector<std::string> to;
    std::vector<std::string> chaos;  ///< faults
    std::vector<std::string> incidents;
    std::map<std::string, std::string> output;  ///< options of every output, by name
    std::string answer_key, run_id;
    std::string state;     ///< folder, or none
    std::string resume;    ///< name of a run, or its state folder
    std::string manifest;  ///< file
    int parts = 1;
    int part = 0;
    int threads = 0;
};

/// What `verify` takes, as typed; packs and streams are those of the plan.
struct VerifyArguments {
    std::vector<std::string> manifests;
    std::string from;
    std::string format, match, order, scratch;
    std::string dead_letters, original, reason;  ///< a copy of dead letters, and the places in one
    std::vector<std::string> ignored;            ///< dotted paths of fields
    std::vector<std::string> reports;            ///< json=FILE, junit=FILE, html=FILE
    int examples = 5;
    int threads = 0;
};

/// What `serve` takes, as typed.
struct ServeArguments {
    std::map<std::string, std::string, std::less<>> settings;  ///< flags by the name of their setting
    std::string config;                                        ///< file of NAME=value lines
    bool print_config = false;
};

/// The whole command line.
struct Arguments {
    ConsoleArguments console;
    PlanArguments plan;
    RunArguments run;
    VerifyArguments verify;
    ServeArguments serve;
    std::vector<std::string> words;  ///< as typed, without the program
    std::string format = "text";     ///< of lint and describe: text, json
    int records = 5;                 ///< of preview
    bool diagram = false;            ///< of describe
    std::string name;                ///< of new pack, schema and reference
    std::string what;                ///< of new: pack
    std::string from;                ///< of new pack: a sample
    std::string output;              ///< of new pack: a folder
    std::string shell;               ///< of completion
};

}  // namespace headwater
