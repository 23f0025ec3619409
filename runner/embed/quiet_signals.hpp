// The two signals by which a failed write would end the process.
#pragma once

#include <csignal>

namespace darkroom::embed {

/// As long as it lives, SIGPIPE and SIGXFSZ are blocked for the thread that made it and for the
/// threads that this one starts: a write then returns its error. The actions that the process has
/// set for them stay as they are.
class QuietSignals {
public:
    QuietSignals();
    /// Takes away those that have come meanwhile. It is called on the same thread.
    ~QuietSignals();
    QuietSignals(QuietSignals const&) = delete;
    QuietSignals& operator=(QuietSignals const&) = delete;

private:
    sigset_t before_{};  ///< Those that were blocked.
    sigset_t pending_{}; ///< Those that had come before.
};

} // namespace darkroom::embed
