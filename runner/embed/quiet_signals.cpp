#include "runner/embed/quiet_signals.hpp"

#include <ctime>

namespace darkroom::embed {

namespace {

constexpr int quiet_signals[] = {SIGPIPE, SIGXFSZ};

} // namespace

QuietSignals::QuietSignals() {
    sigset_t quiet;
    ::sigemptyset(&quiet);
    for (int const signal : quiet_signals) ::sigaddset(&quiet, signal);
    ::sigpending(&pending_);
    ::pthread_sigmask(SIG_BLOCK, &quiet, &before_);
}

QuietSignals::~QuietSignals() {
    timespec const at_once{};
    for (int const signal : quiet_signals) {
        sigset_t one;
        ::sigemptyset(&one);
        ::sigaddset(&one, signal);
        if (::sigismember(&pending_, signal) == 0) ::sigtimedwait(&one, nullptr, &at_once);
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

} // namespace darkroom::embed
