// For completing the command line in a shell: the tree of commands and flags, printed as a script.
#include "app/completion.h"

namespace headwater {

namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

/// Escapes for a single-quoted word of bash, zsh and fish, in which : and [] mean something to zsh.
std::string in_quotes(std::string_view text) {
    std::string quoted;
    for (char c : text) {
        if (c == '\'')
            quoted += "'\\''";
        else if (c == '[' || c == ']' || c == ':')
            quoted += std::string("\\") + c;
        else
            quoted += c;
    }
    return quoted;
}

std::string in_fish_quotes(std::string_view text) {
    std::string quoted;
    for (char c : text) quoted += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    return quoted;
}

std::string first_word(const std::string& name) { return name.substr(0, name.find(' ')); }

std::vector<std::string> names_of(const std::vector<CommandHelp>& commands) {
    std::vector<std::string> names;
    for (const CommandHelp& command : commands) names.push_back(first_word(command.name));
    return names;
}

std::string bash_script(const std::vector<CommandHelp>& commands) {
    std::string text =
        "_headwater() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n"
        "    if ((COMP_CWORD == 1)); then\n"
        "        COMPREPLY=($(compgen -W '" +
        joined(names_of(commands)) +
        "' -- \"$word\"))\n"
        "        return\n"
        "    fi\n"
        "    case ${COMP_WORDS[1]}:$before in\n";
    for (const CommandHelp& command : commands)
        for (const FlagHelp& flag : command.flags)
            if (!flag.choices.empty())
                text += "        " + first_word(command.name) + ":" + flag.name + ") COMPREPLY=($(compgen -W '" +
                        joined(flag.choices) + "' -- \"$word\")); return ;;\n";
    text += "    esac\n    case ${COMP_WORDS[1]} in\n";
    for (const CommandHelp& command : commands) {
        std::vector<std::string> words = command.choices;
        for (const FlagHelp& flag : command.flags) words.push_back(flag.name);
        text += "        " + first_word(command.name) + ") words='" + joined(words) + "' ;;\n";
    }
    return text +
           "    esac\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\") $([[ $word == -* ]] || compgen -f -- \"$word\"))\n"
           "}\n"
           "complete -o filenames -F _headwater headwater\n";
}

std::string zsh_script(const std::vector<CommandHelp>& commands) {
    std::string text = "#compdef headwater\n_headwater() {\n    local -a commands\n    commands=(\n";
    for (const CommandHelp& command : commands)
        text += "        '" + first_word(command.name) + ":" + in_quotes(command.help) + "'\n";
    text +=
        "    )\n"
        "    if ((CURRENT == 2)); then\n"
        "        _describe command commands\n"
        "        return\n"
        "    fi\n"
        "    case $words[2] in\n";
    for (const CommandHelp& command : commands) {
        text += "        " + first_word(command.name) + ") _arguments";
        for (const FlagHelp& flag : command.flags) {
            text += " \\\n            '*" + flag.name + "[" + in_quotes(flag.help) + "]";
            if (flag.takes_value)
                text += flag.choices.empty() ? ":value:_files" : ":value:(" + joined(flag.choices) + ")";
            text += "'";
        }
        std::string word = command.choices.empty() ? "_files" : "(" + joined(command.choices) + ")";
        text += " \\\n            '*:word:" + word + "' ;;\n";
    }
    return text + "    esac\n}\ncompdef _headwater headwater\n";
}

std::string fish_script(const std::vector<CommandHelp>& commands) {
    std::string text;
    for (const CommandHelp& command : commands)
        text += "complete -c headwater -n __fish_use_subcommand -f -a " + first_word(command.name) + " -d '" +
                in_fish_quotes(command.help) + "'\n";
    for (const CommandHelp& command : commands) {
        std::string prefix = "complete -c headwater -n '__fish_seen_subcommand_from " + first_word(command.name) + "'";
        for (const FlagHelp& flag : command.flags) {
            text += prefix + " -l " + flag.name.substr(2);
            if (flag.takes_value) text += flag.choices.empty() ? " -r" : " -x -a '" + joined(flag.choices) + "'";
            text += " -d '" + in_fish_quotes(flag.help) + "'\n";
        }
        if (!command.choices.empty()) text += prefix + " -f -a '" + joined(command.choices) + "'\n";
    }
    return text;
}

}  // namespace

std::string completion_script(std::string_view shell, const std::vector<CommandHelp>& commands) {
    if (shell == "bash") return bash_script(commands);
    if (shell == "zsh") return zsh_script(commands);
    return shell == "fish" ? fish_script(commands) : "";
}

}  // namespace headwater
