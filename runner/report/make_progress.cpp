#include "runner/report/make_progress.hpp"

#include "runner/report/bars.hpp"
#include "runner/report/line_forms.hpp"

#include <utility>

namespace darkroom::report {

namespace {

class NoProgress final : public Progress {
public:
    NoProgress(Output& out, Clock& clock) : Progress(out, clock) {}
    void on_event(engine::Event const&, engine::StepState const&) override {}
    void on_progress(Digest const&, int) override {}
    void on_waiting(engine::Waiting const&) override {}
    void say(Worded const&) override {}
};

} // namespace

std::unique_ptr<Progress> make_progress(Output& out, Clock& clock, DisplayOptions display,
                                        Start start) {
    switch (display.form) {
    case Form::bars: return std::make_unique<Bars>(out, clock, display, std::move(start));
    case Form::plain: return std::make_unique<PlainLines>(out, clock, display);
    case Form::json: return std::make_unique<JsonLines>(out, clock, start);
    case Form::none: break;
    }
    return std::make_unique<NoProgress>(out, clock);
}

} // namespace darkroom::report
