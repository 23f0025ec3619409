// The signals that stop a run: SIGINT, SIGTERM and SIGHUP.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>

namespace darkroom::cli {

struct Host;

/// Until a run listens itself, the first of these signals ends the program with
/// ExitCode::interrupted: the run has sent nothing.
void stop_before_the_run();

/// Lets `signals` wait for them. A SIGHUP that is ignored, as under nohup, stays ignored.
void add_stop_signals(boost::asio::signal_set& signals);

/// Calls `stop` at each such signal, or for a `host` (null: none) whenever that asks for it. Ends
/// by cancellation only: terminal.
boost::asio::awaitable<void> watch_for_stops(Host* host, std::function<void()> stop);

/// From now on these signals only leave a note, for whoever serves something after the run.
void note_stop_signals();
/// Returns whether one has come since.
bool has_noted_stop();
/// From now on the first of them ends the program at once, as it ends any other.
void forget_stop_signals();

} // namespace darkroom::cli
