// The completion of the command line in fish.
#include "runner/base/text.hpp"
#include "runner/cli/command_table.hpp"

#include <fmt/format.h>

#include <string_view>

namespace darkroom::cli {

namespace {

constexpr auto fish_functions = R"(
function __darkroom_in --description 'Is this the command before the cursor?'
    set -l command ''
    for word in (commandline -opc)[2..]
        if not string match -q -- '-*' $word
            set command $word
            break
        end
    end
    test "$command" = "$argv[1]"
end

function __darkroom_job_files --description 'Job files, and directories that may have some'
    set -l word (commandline -ct)
    complete -C "__darkroom_no_such_command "(string escape -- $word) |
        string match -r '^[^\t]*(?:/|\.ya?ml)(?=\t|$)'
end

complete -c darkroom -f
)";

std::string fish_quoted(std::string_view text) {
    std::string out = "'";
    for (char const c : text) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out + "'";
}

/// Returns the switches that say what is offered for a value.
std::string fish_offer(OptionRow const& row) {
    if (!row.words.empty()) return fmt::format(" -x -a '{}'", join(row.words, " "));
    switch (row.offer) {
    case Offer::nothing: return " -x";
    case Offer::files: return " -r -F";
    case Offer::directories: return " -x -a '(__fish_complete_directories)'";
    case Offer::job_files: return " -x -a '(__darkroom_job_files)'";
    }
    return " -x";
}

std::string fish_option(OptionRow const& option, std::string_view condition) {
    auto out = fmt::format("complete -c darkroom{}", condition);
    for (auto const& name : option.names)
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (!option.value.empty() && !option.may_lack_value) out += fish_offer(option);
    return out + fmt::format(" -d {}\n", fish_quoted(option.about));
}

std::string fish_argument(OptionRow const& argument, std::string_view condition) {
    if (argument.words.empty() && argument.offer == Offer::nothing) return "";
    auto out = fish_offer(argument);
    if (out.starts_with(" -x")) out.erase(0, 3); // a word of its own is no value of an option
    if (out.starts_with(" -r")) out.erase(0, 3);
    return fmt::format("complete -c darkroom{}{} -d {}\n", condition, out,
                       fish_quoted(argument.about));
}

} // namespace

std::string fish_completion(CommandTable const& table) {
    auto out = fmt::format("# The completion of {} for fish, as 'darkroom completion fish' prints "
                           "it.\n{}",
                           table.version, fish_functions);
    for (auto const& option : table.options) out += fish_option(option, "");
    for (auto const& command : table.commands)
        out += fmt::format("complete -c darkroom -n '__darkroom_in \"\"' -a {} -d {}\n",
                           command.name, fish_quoted(summary_of(command.about)));
    for (auto const& command : table.commands) {
        auto const condition = fmt::format(" -n '__darkroom_in {}'", command.name);
        for (auto const& argument : command.arguments) out += fish_argument(argument, condition);
        for (auto const& option : command.options) out += fish_option(option, condition);
    }
    return out;
}

} // namespace darkroom::cli
