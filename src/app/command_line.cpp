// For reading the command line and calling the command it names.
#include "app/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <system_error>

#include "app/arguments.h"
#include "app/commands.h"
#include "app/completion.h"
#include "app/exit_code.h"
#include "format/formats.h"
#include "pack/output_options.h"
#include "service/settings.h"
#include "sink/targets.h"

namespace headwater {

namespace {

using Choices = std::vector<std::string>;
using Command = std::function<int(const Arguments&)>;

/// Sees to it that everything printed has arrived, and gives the exit code: a disk that is full is no success.
int give_out(int code) {
    errno = 0;
    const bool was_printed = std::ferror(stdout) == 0;
    const bool is_out = std::fflush(stdout) == 0;
    if ((was_printed && is_out) || errno == EPIPE) return code;  // a reader who left has seen enough
    const std::string cause = errno == 0 ? "" : ": " + std::generic_category().message(errno);
    std::fputs(("headwater: error: Cannot write to standard output" + cause + "\n").c_str(), stderr);
    return exit_disk;
}

/// Refuses a path of a flag whose ~ no shell has filled in, since it stands behind a sign.
bool has_open_home(const std::string& word) { return word.starts_with("--") && word.find("=~/") != std::string::npos; }

/// The tree of commands, each leading to a function; parsing fills one Arguments.
class CommandLine {
  public:
    CommandLine() {
        app_.require_subcommand(1);
        app_.set_help_flag("-h,--help", "Print this help and exit");
        app_.set_version_flag("--version", "headwater " HEADWATER_VERSION);
        app_.get_formatter()->column_width(36);
        add_run();
        add_verify();
        add_preview();
        add_lint();
        add_packs();
        add_clean();
        add_describe();
        add_new();
        add_serve();
        add_schema();
        add_simple();
    }

    int run(int count, char** words) {
        for (int i = 1; i < count; ++i) arguments_.words.emplace_back(words[i]);
        // A run that goes on is told by its state folder what to run.
        if (std::ranges::any_of(arguments_.words, [](auto& word) { return word.starts_with("--resume"); }))
            run_what_->required(false);
        if (const auto open = std::ranges::find_if(arguments_.words, has_open_home); open != arguments_.words.end()) {
            std::fputs(("headwater: error: No shell fills in ~ behind =; write $HOME: " + *open + "\n").c_str(),
                       stderr);
            return exit_bad_input;
        }
        try {
            app_.parse(count, words);
        } catch (const CLI::RequiredError& error) {
            bool is_unknown = count > 1 && app_.get_subcommands().empty();
            app_.exit(is_unknown
                          ? CLI::RequiredError("Command is not known: " + std::string(words[1]), error.get_exit_code())
                          : error);
            return exit_bad_input;
        } catch (const CLI::ParseError& error) {
            return app_.exit(error) == 0 ? give_out(exit_done) : exit_bad_input;
        }
        for (auto& [command, function] : commands_)
            if (command->parsed()) return give_out(function(arguments_));
        return exit_bad_input;
    }

    std::optional<Arguments> read(const std::vector<std::string>& words) {
        arguments_.words = words;
        try {
            app_.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 takes them from the back
        } catch (const CLI::ParseError&) {
            return std::nullopt;
        }
        return arguments_;
    }

  private:
    CLI::App* add(const std::string& name, const std::string& help, Command function) {
        CLI::App* command = app_.add_subcommand(name, help);
        commands_.emplace_back(command, std::move(function));
        add_console(command);
        return command;
    }

    void add_console(CLI::App* command) {
        ConsoleArguments& console = arguments_.console;
        command->add_flag("--quiet", console.quiet, "Print nothing but warnings and errors");
        command->add_flag("--no-color", console.no_color, "No colours; NO_COLOR does the same");
        choice(command, "--log-level", console.log_level, "Least grave messages to print",
               {"error", "warn", "info", "debug"});
        choice(command, "--log-format", console.log_format, "Messages for people or for machines", {"text", "json"});
    }

    static CLI::Option* choice(CLI::App* command, const std::string& name, std::string& value, const std::string& help,
                               Choices choices) {
        return command->add_option(name, value, help)->check(CLI::IsMember(choices))->option_text(joined(choices));
    }

    static CLI::Option* list(CLI::App* command, const std::string& name, std::vector<std::string>& values,
                             const std::string& help, const std::string& shape) {
        return command->add_option(name, values, help)->option_text(shape)->allow_extra_args(false);
    }

    static CLI::Option* value(CLI::App* command, const std::string& name, auto& target, const std::string& help,
                              const std::string& shape) {
        return command->add_option(name, target, help)->option_text(shape);
    }

    static std::string joined(const Choices& choices) {
        std::string text;
        for (const std::string& choice : choices) text += (text.empty() ? "" : "|") + choice;
        return text;
    }

    void add_plan(CLI::App* command, bool takes_many) {
        PlanArguments& plan = arguments_.plan;
        auto* what = command->add_option(
            takes_many ? "files" : "pack", plan.what,
            takes_many ? "Pack and scenario files" : "A pack's name, a pack file or a scenario file");
        what->required()->option_text(takes_many ? "FILE..." : "PACK|SCENARIO.yaml");
        if (!takes_many) what->expected(1);
        what_ = what;
        list(command, "--packs", plan.packs,
             "Folder with packs, looked into before HEADWATER_PACKS, ./packs and the built-in ones", "DIR");
        list(command, "--set", plan.set, "Give a parameter a value; may be repeated", "NAME=VALUE");
        value(command, "--seed", plan.seed, "What all chance comes from (default 42)", "N|random");
    }

    void add_streams(CLI::App* command) {
        list(command, "--streams", arguments_.plan.streams, "Make these streams only", "A,B")->delimiter(',');
    }

    void add_run() {
        CLI::App* run = add("run", "Run a pack or scenario", run_command);
        add_plan(run, false);
        run_what_ = what_;
        add_streams(run);
        add_clock(run);
        add_outputs(run);
        RunArguments& arguments = arguments_.run;
        list(run, "--count", arguments.counts, "Records of each stream at most, or of one; may be repeated",
             "N|STREAM=N");
        value(run, "--parts", arguments.parts, "Make one of N parts", "N")->check(CLI::Range(1, 1'000'000));
        value(run, "--part", arguments.part, "Which part, from 0", "K")->check(CLI::Range(0, 999'999));
        value(run, "--threads", arguments.threads, "Threads (default: one per core)", "N")->check(CLI::Range(0, 1024));
        value(run, "--run-id", arguments.run_id,
              "Name of the run in objects and answer key (default: from seed, start and packs)", "ID");
        value(run, "--state", arguments.state,
              "Folder of the journal by which a run that was cut off goes on (default: .headwater/runs/<run id>)",
              "DIR|none");
        value(run, "--manifest", arguments.manifest,
              "Write a manifest to this file, too: for runs whose targets keep none, such as topics", "FILE");
        auto* resume =
            value(run, "--resume", arguments.resume, "Go on with a run that was cut off, as it was started", "ID|DIR");
        resume->excludes(what_);
    }

    void add_clock(CLI::App* run) {
        RunArguments& arguments = arguments_.run;
        value(run, "--start", arguments.start, "First instant of simulated time", "INSTANT");
        value(run, "--until", arguments.until, "End of simulated time: an instant, or so long behind the start",
              "INSTANT|DURATION");
        value(run, "--for", arguments.duration, "Length: simulated time; real time with --rate or --live", "DURATION");
        value(run, "--history", arguments.history, "Start this long before the present", "DURATION");
        run->add_flag("--live", arguments.live, "Go on as live at the present instant");
        value(run, "--speed", arguments.speed, "Simulated time per real time when live", "60x");
        value(run, "--rate", arguments.rate,
              "Records per second over all streams (default: as fast as the targets take them)", "5k/s");
    }

    void add_outputs(CLI::App* run) {
        RunArguments& arguments = arguments_.run;
        list(run, "--to", arguments.to,
             "Target: " + target_forms(", ") + ", with options as ?format=csv; may be repeated", "URI");
        for (const Option& option : output_options()) add_output_option(run, option);
        list(run, "--chaos", arguments.chaos,
             "A fault as scenarios write it: 'fault: drop, streams: transactions, chance: 1%'; may be repeated",
             "FAULT");
        list(run, "--incident", arguments.incidents,
             "An incident of the pack, and when, as scenarios write it: 'run: gateway_down, at: 2h'; may be repeated",
             "INCIDENT");
        value(run, "--answer-key", arguments.answer_key,
              "Where to write which records are labelled and what is broken, as --to", "URI");
    }

    void add_output_option(CLI::App* run, const Option& option) {
        auto& said = arguments_.run.output;
        const std::string name(option.name);
        auto keep = [&said, name](const std::string& text) { said[name] = text; };
        std::string help(option.help.substr(0, option.help.size() - option.help.ends_with('.')));
        if (option.shape == OptionShape::boolean) {
            run->add_flag_callback(flag_of(option), [keep] { keep("true"); }, help);
            return;
        }
        auto* flag = run->add_option_function<std::string>(flag_of(option), keep, help);
        flag->option_text(spelling_of(option));
        if (!option.choices.empty()) flag->check(CLI::IsMember(Choices(option.choices.begin(), option.choices.end())));
    }

    void add_verify() {
        CLI::App* verify =
            add("verify", "Compare a landed copy with what a run sent, record by record", verify_command);
        VerifyArguments& arguments = arguments_.verify;
        verify->add_option("manifest", arguments.manifests, "Manifest of the run, those of its parts, or their folder")
            ->required()
            ->option_text("MANIFEST...");
        value(verify, "--from", arguments.from,
              "The copy: " + target_forms(", ", &TargetKind::has_reader) + " (default: the manifest's own objects)",
              "URI");
        const auto formats = format_names();
        choice(verify, "--format", arguments.format, "Format of the copy (default: as each object looks)",
               {formats.begin(), formats.end()});
        choice(verify, "--match", arguments.match,
               "Know records by their identity, or by their content alone (default: by identity where most have one)",
               {"identity", "content"});
        choice(verify, "--order", arguments.order,
               "Order to be kept: in each object or partition (default), of each key, none", {"lane", "key", "none"});
        add_streams(verify);
        list(verify, "--ignore", arguments.ignored, "Fields that are not compared; may be repeated", "FIELD")
            ->delimiter(',');
        value(verify, "--examples", arguments.examples, "Differences of each kind that are told in full (default 5)",
              "N")
            ->check(CLI::Range(0, 1000));
        value(verify, "--dead-letters", arguments.dead_letters,
              "What the platform set aside, as --from: graded by the answer key, and not lost", "URI");
        value(verify, "--original", arguments.original, "Where the record stands in a dead letter (default value)",
              "value|header:NAME|json:PATH");
        value(verify, "--reason", arguments.reason, "Where a dead letter says why", "header:NAME|json:PATH");
        list(verify, "--report", arguments.reports,
             "Write a report: json=FILE, junit=FILE or html=FILE; may be repeated", "FORMAT=FILE");
        list(verify, "--packs", arguments_.plan.packs, "Folder with packs, looked into before those of the run", "DIR");
        value(verify, "--threads", arguments.threads, "Threads (default: one per core)", "N")
            ->check(CLI::Range(0, 1024));
        value(verify, "--scratch", arguments.scratch, "Folder for what memory does not hold (default: TMPDIR)", "DIR");
    }

    void add_preview() {
        CLI::App* preview = add("preview", "Print the first records of each stream", preview_command);
        add_plan(preview, false);
        add_streams(preview);
        value(preview, "--start", arguments_.run.start, "First instant of simulated time", "INSTANT");
        value(preview, "--records", arguments_.records, "Records of each stream (default 5)", "N")
            ->check(CLI::Range(1, 10'000));
    }

    void add_lint() {
        CLI::App* lint = add("lint", "Print every mistake of packs and scenarios", lint_command);
        add_plan(lint, true);
        choice(lint, "--format", arguments_.format, "For people or for editors", {"text", "json"});
    }

    void add_packs() {
        CLI::App* packs = add("packs", "List the packs there are", packs_command);
        list(packs, "--packs", arguments_.plan.packs, "Folder with packs", "DIR");
    }

    void add_clean() {
        CLI::App* clean =
            add("clean", "Remove what a run made: its objects, and the topics, buckets and folders it lacked",
                clean_command);
        clean->add_option("run", arguments_.name, "Name of the run, as it was told when it began, or its state folder")
            ->required()
            ->type_name("RUN");
    }

    void add_describe() {
        CLI::App* describe =
            add("describe", "Say what a pack holds: parameters, streams, rules, sources of numbers", describe_command);
        add_plan(describe, false);
        choice(describe, "--format", arguments_.format, "For people or for programs", {"text", "json"});
        describe->add_flag("--diagram", arguments_.diagram, "Print rule chains and lifecycles as Mermaid diagrams");
    }

    void add_new() {
        CLI::App* fresh = add("new", "Write a pack that runs, to be changed", new_command);
        choice(fresh, "what", arguments_.what, "What to write", {"pack"})->required();
        fresh->add_option("name", arguments_.name, "Name of the pack; the file is NAME.yaml")
            ->required()
            ->option_text("NAME");
        value(fresh, "--from", arguments_.from, "Sample whose fields, types and values it takes over",
              "FILE.json|csv|avsc|sql");
        value(fresh, "--output", arguments_.output, "Folder to write to (default: here)", "DIR");
    }

    void add_serve() {
        CLI::App* serve = add("serve", "Serve emulations and runs over HTTP", serve_command);
        ServeArguments& arguments = arguments_.serve;
        serve->remove_option(serve->get_option("--log-level"));  // a setting here, with more names
        for (const SettingName& setting : setting_names()) {
            if (setting.flag.empty()) continue;
            const std::string name(setting.name);
            auto keep = [&arguments, name](const std::string& value) { arguments.settings[name] = value; };
            std::string help(setting.help);
            if (!setting.otherwise.empty()) help += " (default " + std::string(setting.otherwise) + ")";
            CLI::Option* option = serve->add_option_function<std::string>(std::string(setting.flag), keep, help);
            option->option_text(std::string(setting.shape));
            if (setting.is_switch()) option->expected(0, 1)->default_str("true")->option_text("[true|false]");
        }
        auto tell_all = [&arguments] { arguments.settings["LOG_LEVEL"] = "DEBUG"; };
        serve->add_flag_callback("--debug,--verbose", tell_all, "The same as --log-level DEBUG");
        value(serve, "--config", arguments.config, "File of NAME=value lines, as .env files are", "FILE");
        serve->add_flag("--print-config", arguments.print_config, "Print every setting, secrets masked, and exit");
        serve->footer("Every flag has a variable, and secrets have only that; --print-config lists them all.");
    }

    void add_schema() {
        CLI::App* schema = add("schema", "Print the JSON Schema of packs or scenarios", schema_command);
        choice(schema, "what", arguments_.name, "Which schema", {"pack", "scenario"})->required();
        CLI::App* reference = add("reference", "Print a page of the reference", [this](const Arguments& arguments) {
            if (arguments.name != "commands") return reference_command(arguments);
            std::string page = commands_page();
            std::fwrite(page.data(), 1, page.size(), stdout);
            return exit_done;
        });
        choice(reference, "page", arguments_.name, "Which page",
               {"pack", "functions", "faults", "commands", "targets", "catalogue"})
            ->required();
        reference->group("");  // for ./dev generate
    }

    /// Gives the help of every command as Markdown.
    std::string commands_page() const {
        std::string page = "# Commands\n\nMade by `./dev generate`.\n";
        for (auto& [command, function] : commands_) {
            if (command->get_group().empty()) continue;
            page += "\n## headwater " + command->get_name() + "\n\n```\n" + command->help("headwater") + "```\n";
        }
        return page;
    }

    void add_simple() {
        add("version", "Print the version", [](const Arguments&) { return version_command(); });
        CLI::App* completion =
            add("completion", "Print a script that completes commands in a shell", [this](const Arguments& arguments) {
                std::string script = completion_script(arguments.shell, help());
                std::fwrite(script.data(), 1, script.size(), stdout);
                return exit_done;
            });
        choice(completion, "shell", arguments_.shell, "The shell", {"bash", "zsh", "fish"})->required();
    }

    /// Gives the tree as plain values; a choice's values are its shape.
    std::vector<CommandHelp> help() const {
        std::vector<CommandHelp> commands;
        for (auto& [command, function] : commands_) {
            if (command->get_group().empty()) continue;
            CommandHelp& one =
                commands.emplace_back(CommandHelp{command->get_name(), command->get_description(), {}, {}});
            for (const CLI::Option* option : command->get_options()) {
                FlagHelp flag{option->get_name(), option->get_description(), option->get_items_expected_max() > 0, {}};
                bool has_choices =
                    option->get_option_text().find('|') != std::string::npos &&
                    option->get_option_text().find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ=") == std::string::npos;
                if (has_choices) flag.choices = CLI::detail::split(option->get_option_text(), '|');
                if (flag.name.starts_with("--"))
                    one.flags.push_back(std::move(flag));
                else if (has_choices)
                    one.choices = flag.choices;
            }
        }
        return commands;
    }

    CLI::Option* run_what_ = nullptr;
    CLI::Option* what_ = nullptr;  ///< the plan of the command added last
    CLI::App app_{"headwater: living data that flows where your data flows", "headwater"};
    Arguments arguments_;
    std::vector<std::pair<CLI::App*, Command>> commands_;
};

}  // namespace

int run_command_line(int count, char** words) { return CommandLine().run(count, words); }

std::optional<Arguments> arguments_of(const std::vector<std::string>& words) { return CommandLine().read(words); }

}  // namespace headwater
