#include "runner/report/line_forms.hpp"

#include "runner/base/time_text.hpp"
#include "runner/report/script_lines.hpp"

namespace darkroom::report {

PlainLines::PlainLines(Output& out, Clock& clock, DisplayOptions display)
    : Progress(out, clock), display_(display), names_(Start()) {}

void PlainLines::on_event(engine::Event const& event, engine::StepState const& state) {
    names_.apply(event, state, clock_.now());
    say(word(event, state));
}

void PlainLines::on_waiting(engine::Waiting const& waiting) {
    names_.wait(waiting, clock_.now());
    say(word(waiting, names_.name_of(waiting.step)));
}

/// The time is that of the line, so that the lines are in its order: an event is shown once it is
/// durable.
void PlainLines::say(Worded const& line) {
    if (display_.quiet && !line.is_error) return;
    auto const at = format_rfc3339(clock_.wall());
    out_.write(at + "  " + ink(line.colour, line.text, display_.colour) + "\n");
}

JsonLines::JsonLines(Output& out, Clock& clock, Start const& start) : Progress(out, clock) {
    auto line = begin("start");
    line.set("name", start.name);
    line.set("items", start.items);
    line.set("steps", start.steps);
    line.set("done", start.done);
    line.set("failed", start.failed);
    line.set("paid", start.paid);
    line.set("cost", money_value(start.cost));
    write(line);
}

void JsonLines::on_event(engine::Event const& event, engine::StepState const& state) {
    auto line = to_line(event, state);
    line.set("at", format_rfc3339(clock_.wall())); // the lines are in the order of their times
    write(line);
}

void JsonLines::on_progress(Digest const& step, int percent) {
    auto line = begin("progress");
    line.set("step", to_hex(step));
    line.set("percent", percent);
    write(line);
}

void JsonLines::on_waiting(engine::Waiting const& waiting) {
    write(to_line(waiting, clock_.wall()));
}

void JsonLines::on_parked(engine::ParkedAccount const& parked) {
    write(to_line(parked, clock_.wall()));
}

void JsonLines::say(Worded const& said) { write(to_line(said, clock_.wall())); }

json::Value JsonLines::begin(std::string_view event) const {
    return event_line(event, clock_.wall());
}

void JsonLines::write(json::Value const& line) {
    out_.write(harmless_json(json::write(line)) + "\n");
}

} // namespace darkroom::report
