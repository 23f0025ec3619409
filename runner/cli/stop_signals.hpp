// The signals that stop a run: SIGINT, SIGTERM and SIGHUP.
#pragma once

#include <boost/asio/signal_set.hpp>

namespace darkroom::cli {

/// Until a run listens itself, the first of these signals ends the program with
/// ExitCode::interrupted: the run has sent nothing.
void stop_before_the_run();

/// Lets `signals` wait for them. A SIGHUP that is ignored, as under nohup, stays ignored.
void add_stop_signals(boost::asio::signal_set& signals);

} // namespace darkroom::cli
