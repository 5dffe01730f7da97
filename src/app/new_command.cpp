// For `headwater new pack`: writes a pack that runs, from nothing or from a sample.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "app/commands.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "pack/files.h"
#include "pack/world.h"
#include "sample/inflate.h"

namespace headwater {

int new_command(const Arguments& arguments) {
    Console console(arguments.console);
    auto refuse = [&](const std::string& message) {
        console.log(LogLevel::error, message);
        return exit_bad_input;
    };
    if (!is_name(arguments.name))
        return refuse("The name of a pack has letters, digits and _ and begins with no digit: " + arguments.name);
    NewPack wanted{.name = arguments.name, .sample_file = std::filesystem::path(arguments.from).filename().string()};
    if (!arguments.from.empty()) {
        const auto sample = read_text_file(arguments.from);
        if (!sample) return refuse("Sample does not exist or cannot be read: " + arguments.from);
        wanted.form = form_of_file(arguments.from);
        if (wanted.form == SampleForm::none)
            return refuse("A sample ends in .json, .jsonl, .csv, .avsc or .sql: " + arguments.from);
        wanted.sample = *sample;
    }
    const std::filesystem::path folder = arguments.output.empty() ? "." : arguments.output;
    const std::filesystem::path path = (folder / (arguments.name + ".yaml")).lexically_normal();
    auto text = new_pack(wanted);
    if (!text) return refuse(text.error().message);
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return refuse("Folder cannot be made: " + folder.string());
    std::FILE* file = std::fopen(path.c_str(), "wx");  // x: never over a file that is there
    if (!file)
        return refuse((errno == EEXIST ? "File exists already, nothing is written: " : "File cannot be written: ") +
                      path.string());
    const bool written = std::fwrite(text->data(), 1, text->size(), file) == text->size();
    if (std::fclose(file) != 0 || !written) {
        std::filesystem::remove(path, error);
        console.log(LogLevel::error, "File cannot be written: " + path.string());
        return exit_disk;
    }
    const std::string shown = path.has_parent_path() ? path.string() : "./" + path.string();
    console.tell("Wrote " + shown + "\n\n  headwater preview " + shown + "\n  headwater run " + shown +
                 " --count 1M --to file:out\n");
    return exit_done;
}

}  // namespace headwater
