// The signals that stop a run: SIGINT, SIGTERM and SIGHUP.
#pragma once

#include <boost/asio/signal_set.hpp>

namespace darkroom::cli {

/// Until a run listens itself, the first of these signals ends the program with
/// ExitCode::interrupted: the run has sent nothing.
void stop_before_the_run();

/// Lets `signals` wait for them. A SIGHUP that is ignored, as under nohup, stays ignored.
void add_stop_signals(boost::asio::signal_set& signals);

/// From now on these signals only leave a note, for whoever serves something after the run.
void note_stop_signals();
/// Returns whether one has come since.
bool has_noted_stop();
/// From now on the first of them ends the program at once, as it ends any other.
void forget_stop_signals();

} // namespace darkroom::cli
