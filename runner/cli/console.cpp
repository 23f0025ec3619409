#include "runner/cli/console.hpp"

#include "runner/base/text.hpp"
#include "runner/cli/exit_code.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>

namespace darkroom::cli {

namespace {

/// After a failed write: waits as long as it takes, or throws when no waiting helps.
void wait_for_reader(int failure) {
    if (failure == EINTR) return;
    if (failure == EAGAIN) { // somebody who shares it has made it non-blocking
        pollfd waited{STDOUT_FILENO, POLLOUT, 0};
        ::poll(&waited, 1, -1);
        return;
    }
    if (failure == EPIPE) throw Quit(ExitCode::reader_gone, "");
    throw Quit(ExitCode::disk,
               system_error_of(failure, "cannot write to standard output").message());
}

} // namespace

void print(std::string_view text) {
    while (!text.empty()) {
        auto const written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written >= 0)
            text.remove_prefix(static_cast<std::size_t>(written));
        else
            wait_for_reader(errno);
    }
}

void print_line(std::string_view text) { print(std::string(text) + "\n"); }

void complain(std::string_view text) {
    report::Output out(STDERR_FILENO);
    out.write(report::printable(text) + "\n");
    out.finish(std::chrono::seconds(2));
}

std::string environment(char const* name) {
    auto const* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

report::Asked asked_of_environment(Everywhere const& everywhere) {
    report::Asked asked;
    asked.no_colour = everywhere.no_colour;
    asked.env_no_color = !environment("NO_COLOR").empty();
    auto const force = environment("FORCE_COLOR");
    asked.env_force = !force.empty() && force != "0";
    asked.terminal = ::isatty(STDERR_FILENO) == 1 && environment("TERM") != "dumb";
    return asked;
}

bool can_ask() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

bool confirm(std::string const& question) {
    report::Output out(STDERR_FILENO);
    out.write(report::printable(question) + " [y/N] ");
    std::string answer;
    std::getline(std::cin, answer);
    auto const word = to_lower(trim(answer));
    return word == "y" || word == "yes";
}

} // namespace darkroom::cli
