#include "runner/report/display_options.hpp"

#include <array>
#include <utility>

namespace darkroom::report {

std::optional<Form> form_named(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, Form>, 4> forms{{
        {"bars", Form::bars},
        {"plain", Form::plain},
        {"json", Form::json},
        {"none", Form::none},
    }};
    for (auto const& [known, form] : forms)
        if (known == name) return form;
    return std::nullopt;
}

DisplayOptions choose(DisplayRequest const& request) {
    DisplayOptions display;
    display.quiet = request.quiet;
    display.form =
        form_named(request.progress).value_or(request.terminal ? Form::bars : Form::plain);
    if (request.quiet && display.form == Form::bars) display.form = Form::plain;
    bool const has_colour = request.env_force || (request.terminal && !request.env_no_color);
    display.colour = has_colour && !request.no_colour;
    return display;
}

} // namespace darkroom::report
