// The completion of the command line in zsh: a specification of _arguments for each command.
#include "runner/base/text.hpp"
#include "runner/cli/command_table.hpp"

#include <fmt/format.h>

#include <string_view>

namespace darkroom::cli {

namespace {

/// Returns the text with a backslash before each of these signs, for use within single quotes.
std::string zsh_quoted(std::string_view text, std::string_view signs) {
    std::string out;
    for (char const c : text) {
        if (c == '\'') {
            out += "'\\''";
            continue;
        }
        if (c == '\\' || signs.find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

std::string zsh_action(OptionRow const& row) {
    if (!row.words.empty()) return fmt::format("({})", join(row.words, " "));
    switch (row.offer) {
    case Offer::nothing: return " ";
    case Offer::files: return "_files";
    case Offer::directories: return "_files -/";
    case Offer::job_files: return "_files -g \"*.(yaml|yml)(-.)\"";
    }
    return " ";
}

/// Returns ":VALUE:ACTION".
std::string value_part(OptionRow const& row) {
    return fmt::format(":{}:{}", zsh_quoted(row.value, ":"), zsh_action(row));
}

/// Returns the sign that says where the value of the option stands, after its name.
std::string_view value_sign(OptionRow const& option, std::string_view name) {
    if (option.value.empty()) return "";
    if (option.may_lack_value) return "=-";
    return name.starts_with("--") ? "=" : "+";
}

std::string option_specs(OptionRow const& option, std::string_view indent) {
    auto text = fmt::format("[{}]", zsh_quoted(option.about, "[]"));
    if (!option.value.empty()) text += (option.may_lack_value ? ":" : "") + value_part(option);
    std::string out;
    for (auto const& name : option.names) {
        auto const once = option.is_repeated ? "*" : fmt::format("({})", join(option.names, " "));
        out += fmt::format("{}'{}{}{}{}' \\\n", indent, once, name, value_sign(option, name), text);
    }
    return out;
}

std::string argument_spec(OptionRow const& argument, std::string_view indent) {
    auto const before = argument.is_repeated ? "*" : argument.is_required ? "" : ":";
    return fmt::format("{}'{}{}' \\\n", indent, before, value_part(argument));
}

std::string command_case(CommandRow const& command, std::string const& common) {
    auto out = fmt::format("    {})\n        _arguments -s \\\n", command.name);
    constexpr std::string_view indent = "            ";
    for (auto const& option : command.options) out += option_specs(option, indent);
    for (auto const& argument : command.arguments) out += argument_spec(argument, indent);
    return out + common + "            && ret=0\n        ;;\n";
}

} // namespace

std::string zsh_completion(CommandTable const& table) {
    auto out = fmt::format("#compdef {}\n# The completion of {} for zsh, as 'darkroom completion "
                           "zsh' prints it.\n\n_darkroom_commands() {{\n    local commands=(\n",
                           table.name, table.version);
    for (auto const& command : table.commands)
        out += fmt::format("        '{}:{}'\n", command.name,
                           zsh_quoted(summary_of(command.about), ""));
    out += "    )\n    _describe -t commands command commands\n}\n\n";
    std::string common, common_inside;
    for (auto const& option : table.options) {
        common += option_specs(option, "        ");
        common_inside += option_specs(option, "            ");
    }
    out += "_darkroom() {\n    local curcontext=$curcontext state line ret=1\n"
           "    typeset -A opt_args\n    _arguments -C -s \\\n" +
           common +
           "        '1: :_darkroom_commands' \\\n        '*:: :->arguments' \\\n"
           "        && ret=0\n    [[ $state == arguments ]] || return ret\n"
           "    curcontext=${curcontext%:*}-$words[1]:\n    case $words[1] in\n";
    for (auto const& command : table.commands) out += command_case(command, common_inside);
    return out + "    esac\n    return ret\n}\n\n"
                 "if [[ $funcstack[1] == _darkroom ]]; then\n    _darkroom \"$@\"\nelse\n"
                 "    compdef _darkroom darkroom\nfi\n";
}

} // namespace darkroom::cli
