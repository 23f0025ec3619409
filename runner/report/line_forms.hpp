// The displays that write a line an event: for logs, pipes and other programs.
#pragma once

#include "runner/report/display_options.hpp"
#include "runner/report/progress.hpp"

namespace darkroom::report {

/// Writes "2026-11-23T18:16:32.125Z  cars/12  saved  …".
class PlainLines final : public Progress {
public:
    PlainLines(Output& out, Clock& clock, DisplayOptions display);
    void on_event(engine::Event const& event, engine::StepState const& state) override;
    void on_progress(Digest const&, int) override {}
    void on_waiting(engine::Waiting const& waiting) override;
    void say(Worded const& line) override;

private:
    DisplayOptions display_;
    Board names_;
};

/// Writes {"event":"saved","at":…}; docs/cli.md has the keys.
class JsonLines final : public Progress {
public:
    JsonLines(Output& out, Clock& clock, Start const& start);
    void on_event(engine::Event const& event, engine::StepState const& state) override;
    void on_progress(Digest const& step, int percent) override;
    void on_waiting(engine::Waiting const& waiting) override;
    void on_parked(engine::ParkedAccount const& parked) override;
    void say(Worded const& line) override;

private:
    json::Value begin(std::string_view event) const;
    void write(json::Value const& line);
};

} // namespace darkroom::report
