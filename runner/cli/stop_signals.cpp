#include "runner/cli/stop_signals.hpp"

#include "runner/cli/exit_code.hpp"

#include <csignal>
#include <string_view>
#include <unistd.h>

namespace darkroom::cli {

namespace {

constexpr int stop_signals[] = {SIGINT, SIGTERM, SIGHUP};

bool is_ignored(int signal) {
    struct sigaction before {};
    return ::sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN;
}

/// Only what a signal handler may call. The files of a run directory survive an end at any moment.
extern "C" void end_calmly(int) {
    constexpr std::string_view text = "\nStopped. This run has sent nothing.\n";
    [[maybe_unused]] auto const written = ::write(STDERR_FILENO, text.data(), text.size());
    ::_exit(static_cast<int>(ExitCode::interrupted));
}

} // namespace

void stop_before_the_run() {
    for (int const signal : stop_signals)
        if (!is_ignored(signal)) std::signal(signal, end_calmly);
}

void add_stop_signals(boost::asio::signal_set& signals) {
    for (int const signal : stop_signals)
        if (!is_ignored(signal)) signals.add(signal);
}

} // namespace darkroom::cli
