// The display of a run: an Observer that writes to a person or a program.
#pragma once

#include "runner/engine/ports.hpp"
#include "runner/report/board.hpp"
#include "runner/report/output.hpp"
#include "runner/report/words.hpp"

namespace darkroom::report {

/// Displays one run. The output and the clock outlive it.
class Progress : public engine::Observer {
public:
    /// Runs until cancelled: redraws, and passes on text that waits for a slow reader.
    /// Cancel: terminal; throws operation_aborted.
    virtual engine::awaitable<void> run();
    /// Shows a line about the run itself ("stopping…"), above the bars where there are some.
    virtual void say(Worded const& line) = 0;
    void on_loaded_again(engine::Event const& saved, engine::StepState const& state) override {
        on_event(saved, state);
    }
    void on_parked(engine::ParkedAccount const& parked) override { say(word(parked)); }
    /// Draws the last frame and restores the terminal. Nothing is drawn afterwards.
    virtual void finish() {}

protected:
    Progress(Output& out, Clock& clock) : out_(out), clock_(clock) {}
    Output& out_;
    Clock& clock_;
};

} // namespace darkroom::report
