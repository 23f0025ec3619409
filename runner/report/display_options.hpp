// The form of a run's display: chosen from the command line, the environment and the terminal.
// Pure.
#pragma once

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

/// Says how a run is displayed.
struct DisplayOptions {
    Form form = Form::plain;
    bool colour = false;
    bool quiet = false; ///< Plain: only final failures. Bars are not drawn.
};

/// The wishes of the user, and the properties of the terminal.
struct DisplayRequest {
    std::string progress = "auto"; ///< auto, bars, plain, json or none.
    bool quiet = false;
    bool no_colour = false;    ///< --no-color
    bool env_no_color = false; ///< NO_COLOR is set and not empty.
    bool env_force = false;    ///< FORCE_COLOR is set, not empty and not "0".
    bool terminal = false;     ///< Standard error is a terminal that understands escapes.
};
DisplayOptions choose(DisplayRequest const& request);

} // namespace darkroom::report
