// The commands and their options as plain values, from which the manual page and the completions of
// shells are written.
#pragma once

#include <string>
#include <vector>

namespace darkroom::cli {

/// A shell can offer these for a value, beyond fixed words.
enum class Offer { nothing, files, directories, job_files };

/// An option, or an argument, which has no names.
struct OptionRow {
    std::vector<std::string> names; ///< With their dashes, in the order of the help text.
    std::string value;              ///< The name of the value; "" for a flag.
    std::string about;
    std::string preset;             ///< The value if it is not given; "" where there is none.
    std::vector<std::string> words; ///< Fixed words that are values.
    Offer offer = Offer::nothing;
    bool is_required = false;
    bool is_repeated = false;
    bool may_lack_value = false; ///< The value, if any, is joined to the name: --name=VALUE.
};

struct CommandRow {
    std::string name;
    std::string about; ///< Its first line is a summary; lines that begin with blanks are examples.
    std::vector<OptionRow> options;
    std::vector<OptionRow> arguments; ///< In their order.
};

struct CommandTable {
    std::string name;    ///< The name of the program.
    std::string version; ///< "darkroom 1.2.3"
    std::string about;
    std::vector<OptionRow> options; ///< Those that every command takes.
    std::vector<CommandRow> commands;
};

/// Returns the first line.
inline std::string summary_of(std::string const& about) {
    return about.substr(0, about.find('\n'));
}

/// Returns the page darkroom.1 in roff, in ASCII.
std::string man_page(CommandTable const& table);
/// Returns a script that completes the command line in bash.
std::string bash_completion(CommandTable const& table);
/// Returns the file _darkroom for zsh.
std::string zsh_completion(CommandTable const& table);
std::string fish_completion(CommandTable const& table);

} // namespace darkroom::cli
