// The one file that includes CLI11: it is slow to compile.
#include "runner/cli/command.hpp"

#include "runner/base/spelling.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace darkroom::cli {

namespace {

/// Checks a value by its text; `check` returns "" or what is wrong.
template <class Check>
CLI::Validator validator(Check check) {
    return CLI::Validator([check](std::string& text) { return check(std::as_const(text)); }, "");
}

std::string why_empty(std::string const& text) { return text.empty() ? "must not be empty" : ""; }

std::string why_no_whole_number(std::string const& text) {
    bool const digits = text.find_first_not_of("0123456789") == std::string::npos;
    bool const fits = !text.empty() && text.size() <= 18;
    return digits && fits ? "" : "'" + text + "' is no whole number from 0 on";
}

/// Lists the commands with a line each: the first line of what each says about itself.
class HelpText : public CLI::Formatter {
public:
    std::string make_subcommand(CLI::App const* command) const override {
        auto const about = command->get_description();
        return fmt::format("  {:<12}{}\n", command->get_name(), about.substr(0, about.find('\n')));
    }
};

/// Returns all names of a command's options with their dashes, the program's own included.
std::vector<std::string> option_names(CLI::App const& command) {
    std::vector<std::string> names;
    for (auto const* app = &command; app != nullptr; app = app->get_parent()) {
        for (auto const* option : app->get_options()) {
            for (auto const& name : option->get_lnames()) names.push_back("--" + name);
            for (auto const& name : option->get_snames()) names.push_back("-" + name);
        }
    }
    return names;
}

std::string suggestion(std::string_view word, std::vector<std::string> const& names) {
    std::vector<std::string_view> const views(names.begin(), names.end());
    return did_you_mean(word, views);
}

/// Says which word of the command line is not understood.
std::string why_left_over(CLI::App const& program, std::vector<std::string> const& words) {
    auto const chosen = program.get_subcommands();
    if (words.empty() || chosen.empty()) return "the command line is not understood";
    auto const& command = *chosen.front();
    auto const dashed = std::find_if(words.begin(), words.end(),
                                     [](std::string const& word) { return word.starts_with('-'); });
    if (dashed == words.end())
        return fmt::format("'{}' takes no further argument '{}'", command.get_name(),
                           words.front());
    auto const name = dashed->substr(0, dashed->find('='));
    return fmt::format("'{}' has no option {}{}", command.get_name(), name,
                       suggestion(name, option_names(command)));
}

/// Returns what a shell offers for a value of this name.
Offer offer_of(std::string_view value) {
    constexpr std::string_view files[] = {"FILE", "PATH", "TABLE", "KEY", "OUT", "N|FILE"};
    if (value == "DIR") return Offer::directories;
    return std::ranges::find(files, value) != std::end(files) ? Offer::files : Offer::nothing;
}

OptionRow row_of(CLI::Option const& option, OptionNotes const& notes) {
    auto const found = notes.find(&option);
    OptionRow row;
    for (auto const& name : option.get_snames()) row.names.push_back("-" + name);
    for (auto const& name : option.get_lnames()) row.names.push_back("--" + name);
    row.about = option.get_description();
    row.preset = option.get_default_str();
    row.is_required = option.get_required();
    row.is_repeated = option.get_items_expected_max() > 1;
    bool const is_argument = row.names.empty();
    if (is_argument) row.value = option.get_name();
    if (found == notes.end()) return row;
    auto const& note = found->second;
    auto const type = option.get_type_name(); // NAME:CHECKS if nobody has set a name
    auto const shown = note.value.empty() ? type.substr(0, type.find(':')) : note.value;
    if (!is_argument) row.value = shown;
    row.words = note.words;
    row.offer = note.is_job_file ? Offer::job_files : offer_of(row.value);
    row.may_lack_value = note.may_lack_value;
    return row;
}

/// Returns a command's options, without its --help, and its arguments.
CommandRow row_of(CLI::App const& command, OptionNotes const& notes) {
    CommandRow row{command.get_name(), command.get_description(), {}, {}};
    for (auto const* option : command.get_options()) {
        if (option == command.get_help_ptr()) continue;
        (option->get_positional() ? row.arguments : row.options).push_back(row_of(*option, notes));
    }
    return row;
}

} // namespace

Option Option::type_name(std::string const& name) const {
    option_->type_name(name);
    note_->value = name;
    return *this;
}

Option Option::suggests(std::initializer_list<std::string_view> words) const {
    note_->words.assign(words.begin(), words.end());
    return *this;
}

Option Option::job_file() const {
    note_->is_job_file = true;
    return *this;
}

Option Option::required() const {
    option_->required();
    return *this;
}

Option Option::take_all() const {
    option_->take_all();
    return *this;
}

Option Option::one_value() const {
    option_->allow_extra_args(false);
    return *this;
}

Option Option::excludes(std::string const& name) const {
    option_->excludes(name);
    return *this;
}

Option Option::needs(Option const& other) const {
    option_->needs(other.option_);
    return *this;
}

Option Option::not_empty() const {
    option_->check(validator(why_empty));
    return *this;
}

Option Option::whole_number() const {
    option_->check(validator(why_no_whole_number));
    return *this;
}

Option Option::one_of(std::initializer_list<std::string_view> words) const {
    option_->check(CLI::IsMember(std::vector<std::string>(words.begin(), words.end())));
    return suggests(words);
}

Option Option::range(int least, int most) const {
    option_->check(CLI::Range(least, most));
    return *this;
}

Option Option::range(double least, double most) const {
    option_->check(CLI::Range(least, most));
    return *this;
}

Option Command::noted(CLI::Option* option) const { return {option, *notes_}; }

Option Command::add_option(std::string const& name, std::string& into,
                           std::string const& help) const {
    auto* const option = app_->add_option(name, into, help);
    return noted(into.empty() ? option : option->capture_default_str());
}

Option Command::add_option(std::string const& name, std::vector<std::string>& into,
                           std::string const& help) const {
    return noted(app_->add_option(name, into, help));
}

Option Command::add_option(std::string const& name, int& into, std::string const& help) const {
    return noted(app_->add_option(name, into, help)->capture_default_str());
}

Option Command::add_option(std::string const& name, std::uint64_t& into,
                           std::string const& help) const {
    return noted(app_->add_option(name, into, help)->capture_default_str());
}

Option Command::add_option(std::string const& name, double& into, std::string const& help) const {
    return noted(app_->add_option(name, into, help)->capture_default_str());
}

Option Command::add_option(std::string const& name, std::optional<int>& into,
                           std::string const& help) const {
    return noted(app_->add_option(name, into, help));
}

Option Command::add_option(std::string const& name, std::optional<std::uint64_t>& into,
                           std::string const& help) const {
    return noted(app_->add_option(name, into, help));
}

void Command::add_flag(std::string const& name, bool& into, std::string const& help) const {
    app_->add_flag(name, into, help);
}

void Command::add_flag_with_value(std::string const& name, std::string& into,
                                  std::string const& value, std::string const& help) const {
    auto& note = (*notes_)[app_->add_flag(name + "{" + value + "}", into, help)];
    note.value = "VALUE";
    note.may_lack_value = true;
}

void Command::footer(std::string const& text) const { app_->footer(text); }

void Command::callback(std::function<void()> chosen) const { app_->callback(std::move(chosen)); }

Program::Program(std::string const& about, std::string const& name, std::string const& version)
    : version_(version), app_(std::make_unique<CLI::App>(about, name)),
      notes_(std::make_unique<OptionNotes>()) {
    app_->option_defaults()->take_last(); // of two equal options the later one wins
    app_->set_version_flag("-V,--version", version, "print the version");
    app_->set_help_flag("-h,--help", "print this help");
    app_->formatter(std::make_shared<HelpText>());
    app_->require_subcommand(1);
}

Program::~Program() = default;

void Program::footer(std::string const& text) { app_->footer(text); }

void Program::add_flag(std::string const& name, bool& into, std::string const& help) {
    app_->add_flag(name, into, help);
}

Command Program::add_command(std::string const& name, std::string const& about) {
    auto* command = app_->add_subcommand(name, about);
    command->fallthrough();
    return {command, *notes_};
}

std::vector<std::string> Program::command_names() const {
    std::vector<std::string> names;
    for (auto const* command : std::as_const(*app_).get_subcommands({}))
        names.push_back(command->get_name());
    return names;
}

CommandTable Program::table() const {
    CommandTable table{app_->get_name(), version_, app_->get_description(), {}, {}};
    auto const& app = std::as_const(*app_);
    for (auto const* option : app.get_options()) table.options.push_back(row_of(*option, *notes_));
    auto const names = command_names();
    for (auto const* command : app.get_subcommands({})) {
        auto row = row_of(*command, *notes_);
        for (auto& argument : row.arguments)
            if (argument.value == "COMMAND") argument.words = names;
        table.commands.push_back(std::move(row));
    }
    return table;
}

std::string Program::help(std::string const& name) const {
    // Their own help() is that of the command that was chosen.
    auto const* app = name.empty() ? app_.get() : app_->get_subcommand(name);
    auto const shown = name.empty() ? app_->get_name() : app_->get_name() + " " + name;
    return app->get_formatter()->make_help(app, shown, CLI::AppFormatMode::Normal);
}

Program::Outcome Program::parse(int argc, char** argv) {
    Outcome outcome;
    try {
        app_->parse(argc, argv);
    } catch (CLI::ParseError const& error) {
        bool const is_shown = error.get_exit_code() == 0; // --help or --version
        if (is_shown) app_->exit(error);
        outcome.kind = is_shown ? Outcome::Kind::shown : Outcome::Kind::wrong;
        outcome.message = error.what();
        bool const is_left_over = dynamic_cast<CLI::ExtrasError const*>(&error) != nullptr;
        if (is_left_over) outcome.message = why_left_over(*app_, app_->remaining(true));
    }
    return outcome;
}

} // namespace darkroom::cli
