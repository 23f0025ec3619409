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
        return fmt::format("  {:<10}{}\n", command->get_name(), about.substr(0, about.find('\n')));
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

} // namespace

Option Option::type_name(std::string const& name) const {
    option_->type_name(name);
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
    return *this;
}

Option Option::range(int least, int most) const {
    option_->check(CLI::Range(least, most));
    return *this;
}

Option Option::range(double least, double most) const {
    option_->check(CLI::Range(least, most));
    return *this;
}

Option Command::add_option(std::string const& name, std::string& into,
                           std::string const& help) const {
    auto* const option = app_->add_option(name, into, help);
    return Option(into.empty() ? option : option->capture_default_str());
}

Option Command::add_option(std::string const& name, std::vector<std::string>& into,
                           std::string const& help) const {
    return Option(app_->add_option(name, into, help));
}

Option Command::add_option(std::string const& name, int& into, std::string const& help) const {
    return Option(app_->add_option(name, into, help)->capture_default_str());
}

Option Command::add_option(std::string const& name, std::uint64_t& into,
                           std::string const& help) const {
    return Option(app_->add_option(name, into, help)->capture_default_str());
}

Option Command::add_option(std::string const& name, double& into, std::string const& help) const {
    return Option(app_->add_option(name, into, help)->capture_default_str());
}

Option Command::add_option(std::string const& name, std::optional<int>& into,
                           std::string const& help) const {
    return Option(app_->add_option(name, into, help));
}

Option Command::add_option(std::string const& name, std::optional<std::uint64_t>& into,
                           std::string const& help) const {
    return Option(app_->add_option(name, into, help));
}

void Command::add_flag(std::string const& name, bool& into, std::string const& help) const {
    app_->add_flag(name, into, help);
}

void Command::add_flag_with_value(std::string const& name, std::string& into,
                                  std::string const& value, std::string const& help) const {
    app_->add_flag(name + "{" + value + "}", into, help);
}

void Command::footer(std::string const& text) const { app_->footer(text); }

void Command::callback(std::function<void()> chosen) const { app_->callback(std::move(chosen)); }

Program::Program(std::string const& about, std::string const& name, std::string const& version)
    : app_(std::make_unique<CLI::App>(about, name)) {
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
    return Command(command);
}

std::vector<std::string> Program::command_names() const {
    std::vector<std::string> names;
    for (auto const* command : std::as_const(*app_).get_subcommands({}))
        names.push_back(command->get_name());
    return names;
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
