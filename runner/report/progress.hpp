// What a person sees while a run goes on: an Observer in one of four forms.
#pragma once

#include "runner/engine/ports.hpp"
#include "runner/report/board.hpp"
#include "runner/report/output.hpp"
#include "runner/report/words.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace darkroom::report {

enum class Form {
    bars,  ///< A few lines redrawn in place; for a terminal.
    plain, ///< A line an event.
    json,  ///< A JSON object a line. docs/cli.md, "Progress as JSON".
    none,
};
std::optional<Form> form_named(std::string_view name);

struct Look {
    Form form = Form::plain;
    bool colour = false;
    bool quiet = false; ///< Plain: only what failed for good. Bars are not drawn.
};

/// What the user asked for, and what the terminal is. Pure: choose() decides the Look.
struct Asked {
    std::string progress = "auto"; ///< auto, bars, plain, json or none.
    bool quiet = false;
    bool no_colour = false;    ///< --no-color
    bool env_no_color = false; ///< NO_COLOR is set and not empty.
    bool env_force = false;    ///< FORCE_COLOR is set, not empty and not "0".
    bool terminal = false;     ///< Standard error is one that understands escapes.
};
Look choose(Asked const& asked);

/// One display of one run. The output and the clock outlive it.
class Progress : public engine::Observer {
public:
    /// Runs until cancelled: redraws, and passes on what a slow reader has left waiting.
    /// Cancel: terminal; throws operation_aborted.
    virtual engine::awaitable<void> run();
    /// A line about the run itself ("stopping…"), above the bars where there are some.
    virtual void say(Worded const& line) = 0;
    void on_parked(engine::ParkedAccount const& parked) override { say(word(parked)); }
    /// The last frame; the terminal is as it was before. Nothing is drawn afterwards.
    virtual void finish() {}

protected:
    Progress(Output& out, Clock& clock) : out_(out), clock_(clock) {}
    Output& out_;
    Clock& clock_;
};

std::unique_ptr<Progress> make_progress(Output& out, Clock& clock, Look look, Start start);

} // namespace darkroom::report
