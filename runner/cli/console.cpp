#include "runner/cli/console.hpp"

#include "runner/base/text.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/cli/script_forms.hpp"
#include "runner/report/output.hpp"
#include "runner/report/script_lines.hpp"
#include "runner/report/terminal_text.hpp"

#include <fmt/format.h>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iostream>

namespace darkroom::cli {

namespace {

/// Waits after a failed write until the reader can take more; throws when waiting cannot help.
void wait_for_reader(int failure) {
    if (failure == EINTR) return;
    if (failure == EAGAIN) { // another program that shares it made it non-blocking
        pollfd waited{STDOUT_FILENO, POLLOUT, 0};
        ::poll(&waited, 1, -1);
        return;
    }
    if (failure == EPIPE) throw Quit(ExitCode::reader_gone, "");
    throw Quit(ExitCode::disk,
               system_error_of(failure, "cannot write to standard output").message());
}

void write_to_stdout(std::string_view text) {
    while (!text.empty()) {
        auto const written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written >= 0)
            text.remove_prefix(static_cast<std::size_t>(written));
        else
            wait_for_reader(errno);
    }
}

/// Keeps what an end needs to know of standard error.
struct Spoken {
    json::Array errors;
    bool has_end_line = false;
};

Spoken& spoken() {
    static Spoken spoken;
    return spoken;
}

void write_to_stderr(std::string const& line) {
    report::Output out(STDERR_FILENO);
    out.write(line + "\n");
    out.finish(std::chrono::seconds(2));
    spoken().has_end_line = false;
}

void write_line(json::Value const& line) {
    write_to_stderr(report::harmless_json(json::write(line)));
}

} // namespace

void print(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        auto const line = text.substr(0, text.find('\n'));
        bool const has_end = line.size() < text.size();
        out += report::printable(line);
        if (has_end) out += '\n';
        text.remove_prefix(line.size() + (has_end ? 1 : 0));
    }
    write_to_stdout(out);
}

void print_bytes(std::string_view bytes) {
    if (::isatty(STDOUT_FILENO) == 1)
        print(bytes);
    else
        write_to_stdout(bytes);
}

void redraw(std::string_view text) {
    auto const rows = report::Output(STDOUT_FILENO).size().rows;
    std::string out = "\x1b[H"; // the upper left corner
    for (std::size_t row = 1; row < rows && !text.empty(); ++row) {
        auto const line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        out += report::printable(line) + "\x1b[K\n"; // the rest of the line is cleared
    }
    write_to_stdout(out + "\x1b[J"); // and the rest of the screen
}

void print_line(std::string_view text) { write_to_stdout(report::printable(text) + "\n"); }

void print_json(json::Value const& value) {
    write_to_stdout(report::harmless_json(json::write(value)) + "\n");
}

void complain(std::string_view text) {
    if (!promised().lines) return write_to_stderr(report::printable(text));
    report::Worded const said{std::string(text), report::Ink::plain, false};
    write_line(report::to_line(said, SteadyClock().wall()));
}

void complain(jobs::Finding const& finding) {
    if (finding.level == jobs::Finding::Level::error)
        spoken().errors.push_back(report::to_json(finding));
    if (promised().lines)
        write_line(report::to_line(finding, SteadyClock().wall()));
    else
        write_to_stderr(report::printable(finding.format()));
}

void complain_of_error(std::string_view text) {
    jobs::Finding error;
    error.text = text;
    spoken().errors.push_back(report::to_json(error));
    if (promised().lines)
        write_line(report::to_line(error, SteadyClock().wall()));
    else
        write_to_stderr(report::printable(fmt::format("darkroom: {}", text)));
}

json::Array complaints() { return spoken().errors; }

void complain_of_end(json::Value const& line) {
    write_line(line);
    note_end_line();
}

void note_end_line() { spoken().has_end_line = true; }

bool has_end_line() { return spoken().has_end_line; }

std::string environment(char const* name) {
    auto const* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

report::DisplayRequest display_request_of_environment(GlobalOptions const& globals) {
    report::DisplayRequest request;
    request.no_colour = globals.no_colour;
    request.env_no_color = !environment("NO_COLOR").empty();
    auto const force = environment("FORCE_COLOR");
    request.env_force = !force.empty() && force != "0";
    request.terminal = ::isatty(STDERR_FILENO) == 1 && environment("TERM") != "dumb";
    return request;
}

bool can_ask() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

bool confirm(std::string const& question) {
    if (promised().lines) {
        auto line = report::event_line("question", SteadyClock().wall());
        line.set("message", question);
        write_line(line);
    } else {
        report::Output out(STDERR_FILENO);
        out.write(report::printable(question) + " [y/N] ");
    }
    std::string answer;
    std::getline(std::cin, answer);
    auto const word = to_lower(trim(answer));
    return word == "y" || word == "yes";
}

} // namespace darkroom::cli
