#include "runner/report/progress.hpp"

#include "runner/report/bars.hpp"
#include "runner/report/line_forms.hpp"

#include <array>
#include <utility>

namespace darkroom::report {

namespace {

constexpr Duration flush_every = std::chrono::milliseconds(200);

class NoProgress final : public Progress {
public:
    NoProgress(Output& out, Clock& clock) : Progress(out, clock) {}
    void on_event(engine::Event const&, engine::StepState const&) override {}
    void on_progress(Digest const&, int) override {}
    void on_waiting(engine::Waiting const&) override {}
    void say(Worded const&) override {}
};

} // namespace

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

Look choose(Asked const& asked) {
    Look look;
    look.quiet = asked.quiet;
    look.form = form_named(asked.progress).value_or(asked.terminal ? Form::bars : Form::plain);
    if (asked.quiet && look.form == Form::bars) look.form = Form::plain;
    bool const wanted = asked.env_force || (asked.terminal && !asked.env_no_color);
    look.colour = wanted && !asked.no_colour;
    return look;
}

engine::awaitable<void> Progress::run() {
    for (;;) {
        co_await clock_.sleep_for(flush_every);
        out_.flush();
    }
}

std::unique_ptr<Progress> make_progress(Output& out, Clock& clock, Look look, Start start) {
    switch (look.form) {
    case Form::bars: return std::make_unique<Bars>(out, clock, look, std::move(start));
    case Form::plain: return std::make_unique<PlainLines>(out, clock, look);
    case Form::json: return std::make_unique<JsonLines>(out, clock, start);
    case Form::none: break;
    }
    return std::make_unique<NoProgress>(out, clock);
}

} // namespace darkroom::report
