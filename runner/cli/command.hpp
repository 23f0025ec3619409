// Commands and their options, free of the library that reads the command line.
#pragma once

#include "runner/cli/command_table.hpp"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace darkroom::cli {

/// Holds what is said about an option beyond what the library keeps.
struct OptionNote {
    std::string value;
    std::vector<std::string> words;
    bool is_job_file = false;
    bool may_lack_value = false;
};
/// Ends with the program.
using OptionNotes = std::map<CLI::Option const*, OptionNote>;

/// An option or a positional argument of a command, which owns it. Each function changes it and
/// returns it again.
class Option {
public:
    Option(CLI::Option* option, OptionNotes& notes) : option_(option), note_(&notes[option]) {}

    /// Sets the name of its value in the help text. A shell offers directories for DIR, and files
    /// for FILE and the like: command.cpp has the list.
    Option type_name(std::string const& name) const;
    /// Sets words that a shell offers among others.
    Option suggests(std::initializer_list<std::string_view> words) const;
    /// A shell offers job files.
    Option job_file() const;
    Option required() const;
    /// Collects all values, of all its occurrences too.
    Option take_all() const;
    /// Takes one value at a time: the next word is not a value of it.
    Option one_value() const;
    /// May not stand together with the option of that name, which exists already.
    Option excludes(std::string const& name) const;
    /// May only stand together with that one.
    Option needs(Option const& other) const;

    // Checks of its value, beyond its type.
    /// Refuses "": an unset shell variable must not choose the default unnoticed.
    Option not_empty() const;
    /// Accepts 0 to 999,999,999,999,999,999. A sign or a larger number is refused, never wrapped.
    Option whole_number() const;
    Option one_of(std::initializer_list<std::string_view> words) const;
    Option range(int least, int most) const;
    Option range(double least, double most) const;

private:
    CLI::Option* option_;
    OptionNote* note_;
};

/// A command of the program, which owns it. `into` of its options outlives the parsing.
class Command {
public:
    Command(CLI::App* app, OptionNotes& notes) : app_(app), notes_(&notes) {}

    /// A name without dashes is a positional argument.
    Option add_option(std::string const& name, std::string& into, std::string const& help) const;
    Option add_option(std::string const& name, std::vector<std::string>& into,
                      std::string const& help) const;
    Option add_option(std::string const& name, int& into, std::string const& help) const;
    Option add_option(std::string const& name, std::uint64_t& into, std::string const& help) const;
    Option add_option(std::string const& name, double& into, std::string const& help) const;
    Option add_option(std::string const& name, std::optional<int>& into,
                      std::string const& help) const;
    Option add_option(std::string const& name, std::optional<std::uint64_t>& into,
                      std::string const& help) const;
    void add_flag(std::string const& name, bool& into, std::string const& help) const;
    /// Takes `value`, or another one in the form --name=OTHER.
    void add_flag_with_value(std::string const& name, std::string& into, std::string const& value,
                             std::string const& help) const;
    /// Sets the end of its help text.
    void footer(std::string const& text) const;
    /// `chosen` is called when the command line has this command and is right.
    void callback(std::function<void()> chosen) const;

private:
    Option noted(CLI::Option* option) const;

    CLI::App* app_;
    OptionNotes* notes_;
};

/// The program's command line: options of its own, and exactly one command.
class Program {
public:
    /// `version` is printed by -V.
    Program(std::string const& about, std::string const& name, std::string const& version);
    ~Program();
    Program(Program const&) = delete;
    Program& operator=(Program const&) = delete;

    void add_flag(std::string const& name, bool& into, std::string const& help);
    /// The list of commands has the first line of `about`.
    Command add_command(std::string const& name, std::string const& about);
    /// Sets the end of the program's help text.
    void footer(std::string const& text);
    /// Returns the help text of a command that there is, or the program's for "".
    std::string help(std::string const& command) const;
    std::vector<std::string> command_names() const;
    /// Returns all that the help texts are made from.
    CommandTable table() const;

    struct Outcome {
        enum class Kind { chosen, shown, wrong } kind = Kind::chosen;
        std::string message; ///< Says what is wrong.
    };
    /// Reads the command line; `shown` when it asked for the help text or the version, which are
    /// then printed.
    Outcome parse(int argc, char** argv);

private:
    std::string version_;
    std::unique_ptr<CLI::App> app_;
    std::unique_ptr<OptionNotes> notes_;
};

} // namespace darkroom::cli
