// The manual page of the program, in the macros of man(7).
#include "runner/base/text.hpp"
#include "runner/cli/command_table.hpp"
#include "runner/cli/exit_code.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace darkroom::cli {

namespace {

/// A term of a list with what is said about it.
struct Entry {
    std::string_view term;
    std::string_view text;
};

constexpr std::string_view description =
    "darkroom is a batch runner. It reads prompts from a job file, sends many requests at once, "
    "downloads and checks the pictures, and lists them in a manifest. A run survives crashes, cut "
    "connections and Ctrl-C: the same command resumes it, and pays only for what is not paid yet. "
    "The service 'local' is built in, needs no token and costs nothing.";

constexpr Entry environment_entries[] = {
    {"ACEDATACLOUD_API_TOKEN",
     "The usual place of the token. The job file says so: 'token: {env: ACEDATACLOUD_API_TOKEN}'."},
    {"XDG_CONFIG_HOME", "The folder of your own settings; else ~/.config."},
    {"XDG_STATE_HOME", "The folder of the ledger that runs share; else ~/.local/state."},
    {"DARKROOM_LEDGER", "The URL of the database that 'darkroom ledger' works on."},
    {"PGPASSFILE", "The file with the password of a ledger in PostgreSQL; else ~/.pgpass."},
    {"XDG_RUNTIME_DIR", "The folder of the sockets through which 'darkroom ctl' reaches a run."},
    {"NO_COLOR", "Turns colours off."},
    {"FORCE_COLOR", "Turns colours on where they would be off."},
    {"SLURM_ARRAY_TASK_ID, SLURM_ARRAY_TASK_MIN, SLURM_ARRAY_TASK_MAX, SLURM_ARRAY_TASK_STEP, "
     "SLURM_ARRAY_TASK_COUNT",
     "The shard of '--shard auto' in a SLURM array."},
    {"JOB_COMPLETION_INDEX, JOB_COMPLETION_COUNT",
     "The shard of '--shard auto' in an indexed Kubernetes job."},
};

constexpr Entry file_entries[] = {
    {"~/.config/darkroom/config.yaml", "Your own settings, for all job files."},
    {"out/NAME/",
     "The run directory of NAME.yaml, in the folder of that file, unless it says another one."},
    {"out/NAME/images/", "The pictures."},
    {"out/NAME/manifest.jsonl", "A line for each picture."},
    {"out/NAME/failed.jsonl", "A line for each step that failed."},
    {"out/NAME/journal.db", "What has happened and what is paid. Keep it with the pictures."},
};

/// Returns the first character as a number, and takes its bytes from the text, which is UTF-8.
std::uint32_t take_character(std::string_view& text) {
    auto const byte_at = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    auto const first = byte_at(0);
    std::size_t const length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    std::uint32_t character = length == 1 ? first : first & (0xFFu >> (length + 1));
    for (std::size_t i = 1; i < std::min(length, text.size()); ++i)
        character = character << 6 | (byte_at(i) & 0x3Fu);
    text.remove_prefix(std::min(length, text.size()));
    return character;
}

std::string roff_character(std::uint32_t character) {
    switch (character) {
    case '\\': return "\\(rs";
    case '-': return "\\-"; // a plain one may be shown as a hyphen, which nobody can type
    case '\'': return "\\(aq";
    case '`': return "\\(ga";
    case '^': return "\\(ha";
    case '~': return "\\(ti";
    case '"': return "\\(dq";
    default: break;
    }
    if (character >= 0x80) return fmt::format("\\[u{:04X}]", character);
    return std::string(1, static_cast<char>(character));
}

/// Returns a text that roff prints as it is, at the beginning of a line too.
std::string roff(std::string_view text) {
    std::string out = text.starts_with('.') ? "\\&" : "";
    while (!text.empty()) out += roff_character(take_character(text));
    return out;
}

std::string bold(std::string_view text) { return fmt::format("\\fB{}\\fR", roff(text)); }
std::string italic(std::string_view text) { return fmt::format("\\fI{}\\fR", roff(text)); }

std::string entry(std::string_view term, std::string_view text) {
    return fmt::format(".TP\n{}\n{}\n", term, roff(text));
}

/// Returns the names of an option with its value: "-o, --output DIR".
std::string option_term(OptionRow const& option) {
    if (option.names.empty()) return italic(option.value) + (option.is_repeated ? " ..." : "");
    std::string term;
    for (auto const& name : option.names) {
        if (!term.empty()) term += ", ";
        term += bold(name);
    }
    if (option.value.empty()) return term;
    if (option.may_lack_value) return fmt::format("{}[={}]", term, italic(option.value));
    return fmt::format("{} {}", term, italic(option.value));
}

/// Returns a text about an option as a sentence, with its values and its default.
std::string option_text(OptionRow const& option) {
    auto text = option.about;
    bool const names_words = std::ranges::all_of(option.words, [&](std::string const& word) {
        return option.about.find(word) != std::string::npos;
    });
    if (!text.ends_with('.')) text += ".";
    if (!names_words && !option.names.empty())
        text += fmt::format(" Values: {}.", join(option.words, ", "));
    if (!option.preset.empty()) text += fmt::format(" Default: {}.", option.preset);
    return text;
}

std::string option_entries(std::vector<OptionRow> const& options) {
    std::string out;
    for (auto const& option : options)
        out += fmt::format(".TP\n{}\n{}\n", option_term(option), roff(option_text(option)));
    return out;
}

/// Returns paragraphs; lines that begin with blanks are printed line by line.
std::string paragraphs(std::string_view text) {
    std::string out;
    bool is_example = false;
    bool ends_paragraph = false;
    for (auto const line : split(trim(text), '\n')) {
        bool const is_next_example = line.starts_with(' ');
        if (is_next_example != is_example) out += is_next_example ? ".RS 2\n.nf\n" : ".fi\n.RE\n";
        is_example = is_next_example;
        if (!line.empty() && ends_paragraph) out += ".PP\n";
        ends_paragraph = line.empty();
        if (!line.empty()) out += roff(is_example ? line.substr(2) : line) + "\n";
    }
    return is_example ? out + ".fi\n.RE\n" : out;
}

std::string synopsis(CommandTable const& table, CommandRow const& command) {
    auto out = fmt::format("{} [{}]...", bold(table.name + " " + command.name), italic("OPTION"));
    for (auto const& argument : command.arguments) {
        auto const term = option_term(argument);
        out += argument.is_required ? " " + term : fmt::format(" [{}]", term);
    }
    return out;
}

std::string command_section(CommandTable const& table, CommandRow const& command) {
    auto out = fmt::format(".SS {}\n{}.PP\n{}\n", bold(table.name + " " + command.name),
                           paragraphs(command.about), synopsis(table, command));
    return out + option_entries(command.arguments) + option_entries(command.options);
}

/// Returns a section of fixed entries.
template <std::size_t N>
std::string section(std::string_view title, Entry const (&entries)[N]) {
    auto out = fmt::format(".SH {}\n", title);
    for (auto const& [term, text] : entries) out += entry(bold(term), text);
    return out;
}

std::string exit_section() {
    std::string out = ".SH EXIT STATUS\n";
    for (auto const& [code, text] : exit_meanings())
        out += entry(bold(std::to_string(static_cast<int>(code))), text);
    return out;
}

std::string see_also(CommandTable const& table) {
    return fmt::format(".SH SEE ALSO\n{} has README.md, examples, and the pages about the command "
                       "line ({}), job files ({}) and operation ({}). {} has the JSON Schemas.\n",
                       italic("/usr/share/doc/" + table.name), italic("docs/cli.md"),
                       italic("docs/job-file.md"), italic("docs/operating.md"),
                       italic("/usr/share/" + table.name));
}

} // namespace

std::string man_page(CommandTable const& table) {
    auto about = std::string(trim(table.about));
    if (about.ends_with('.')) about.pop_back();
    if (!about.empty() && about[0] >= 'A' && about[0] <= 'Z') about[0] += 'a' - 'A';
    auto page = fmt::format(".TH {} 1 \"\" \"{}\" \"User Commands\"\n", roff(table.name),
                            roff(table.version));
    page += fmt::format(".SH NAME\n{} \\- {}\n", roff(table.name), roff(about));
    page += fmt::format(".SH SYNOPSIS\n{} [{}]... {} [{}]...\n", bold(table.name), italic("OPTION"),
                        italic("COMMAND"), italic("ARGUMENT"));
    page += fmt::format(".SH DESCRIPTION\n{}\n", roff(description));
    page += ".SH OPTIONS\nEvery command takes these.\n" + option_entries(table.options);
    page += ".SH COMMANDS\n";
    for (auto const& command : table.commands) page += command_section(table, command);
    page += exit_section() + section("ENVIRONMENT", environment_entries);
    return page + section("FILES", file_entries) + see_also(table);
}

} // namespace darkroom::cli
