// The completion of the command line in bash. It needs nothing of the package bash-completion.
#include "runner/base/text.hpp"
#include "runner/cli/command_table.hpp"

#include <fmt/format.h>

namespace darkroom::cli {

namespace {

/// The words before the cursor decide what is offered: the value of an option, names of options, or
/// an argument. Bash gives `--name=value` as three words.
constexpr auto bash_body = R"sh(_darkroom() {
    local cur=${COMP_WORDS[COMP_CWORD]} command='' option='' arguments=0
    local offer='' words='' names='' prefix='' word plain i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == = && -n $option ]]; then
            continue
        elif [[ -n $option ]]; then
            option=''
        elif [[ $word == -* ]]; then
            _darkroom_option "$command" "$word"
            if [[ -n $offer || ${COMP_WORDS[i + 1]} == = ]]; then option=$word; fi
        elif [[ -z $command ]]; then
            command=$word
        else
            ((arguments++))
        fi
    done
    offer='' words=''
    if [[ $cur == = && -n $option ]]; then cur=''; fi
    if [[ -z $option && $cur == --*=* ]]; then
        option=${cur%%=*} prefix=${cur%%=*}= cur=${cur#*=}
    fi
    if [[ -n $option ]]; then
        _darkroom_option "$command" "$option"
    elif [[ $cur == -* ]]; then
        _darkroom_names "$command"
        words=$names
    elif [[ -z $command ]]; then
        words=$darkroom_commands
    else
        _darkroom_argument "$command" "$arguments"
    fi
    plain=${cur#[\'\"]}
    if [[ $plain == "$cur" ]]; then plain=${plain//\\/}; fi
    local found=()
    case $offer in
    files) mapfile -t found < <(compgen -f -- "$plain") ;;
    directories) mapfile -t found < <(compgen -d -- "$plain") ;;
    job_files)
        mapfile -t found < <(
            compgen -d -- "$plain"
            compgen -f -X '!*.yaml' -- "$plain"
            compgen -f -X '!*.yml' -- "$plain"
        )
        ;;
    esac
    if [[ ${#found[@]} -gt 0 ]]; then compopt -o filenames 2>/dev/null; fi
    mapfile -t -O "${#found[@]}" found < <(compgen -W "$words" -- "$cur")
    COMPREPLY=("${found[@]/#/$prefix}")
}
complete -F _darkroom darkroom
)sh";

std::string_view bash_offer(Offer offer) {
    switch (offer) {
    case Offer::nothing: return "nothing";
    case Offer::files: return "files";
    case Offer::directories: return "directories";
    case Offer::job_files: return "job_files";
    }
    return "nothing";
}

std::string setting(OptionRow const& row) {
    auto out = fmt::format("offer={}", bash_offer(row.offer));
    if (!row.words.empty()) out += fmt::format(" words='{}'", join(row.words, " "));
    return out;
}

std::string names_of(std::vector<OptionRow> const& options) {
    std::string out;
    for (auto const& option : options)
        for (auto const& name : option.names) out += (out.empty() ? "" : " ") + name;
    return out;
}

/// Returns a function that sets `names` to the options of the command $1.
std::string names_function(CommandTable const& table) {
    auto const common = names_of(table.options);
    std::string out = "_darkroom_names() {\n    case $1 in\n";
    for (auto const& command : table.commands)
        out += fmt::format("    {}) names='{}' ;;\n", command.name, names_of(command.options));
    return out + fmt::format("    *) names='' ;;\n    esac\n    names+=' {}'\n}}\n", common);
}

/// Returns a function that sets `offer` for the value of the option $2 of the command $1, and ''
/// if it takes none as a word of its own.
std::string option_function(CommandTable const& table) {
    std::string out = "_darkroom_option() {\n    offer='' words=''\n    case \"$1 $2\" in\n";
    for (auto const& command : table.commands) {
        for (auto const& option : command.options) {
            if (option.value.empty() || option.may_lack_value) continue;
            std::string pattern;
            for (auto const& name : option.names)
                pattern +=
                    fmt::format("{}'{} {}'", pattern.empty() ? "" : " | ", command.name, name);
            out += fmt::format("    {}) {} ;;\n", pattern, setting(option));
        }
    }
    return out + "    esac\n}\n";
}

/// Returns a function that sets `offer` for an argument of the command $1 after $2 others.
std::string argument_function(CommandTable const& table) {
    std::string out = "_darkroom_argument() {\n    case \"$1 $2\" in\n";
    for (auto const& command : table.commands) {
        for (std::size_t i = 0; i < command.arguments.size(); ++i) {
            auto const& argument = command.arguments[i];
            auto const position = argument.is_repeated ? "*" : fmt::format("'{}'", i);
            out += fmt::format("    '{} '{}) {} ;;\n", command.name, position, setting(argument));
        }
    }
    return out + "    esac\n}\n";
}

} // namespace

std::string bash_completion(CommandTable const& table) {
    std::vector<std::string> commands;
    for (auto const& command : table.commands) commands.push_back(command.name);
    auto out =
        fmt::format("# The completion of {} for bash, as 'darkroom completion bash' prints it.\n"
                    "darkroom_commands='{}'\n",
                    table.version, join(commands, " "));
    return out + names_function(table) + option_function(table) + argument_function(table) +
           bash_body;
}

} // namespace darkroom::cli
