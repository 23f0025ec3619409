#include "runner/report/run_notes.hpp"

namespace darkroom::report {

void RunNotes::on_event(engine::Event const& event, engine::StepState const& state) {
    if (auto const* failed = std::get_if<engine::Failed>(&event.fact))
        last_failure_ = failed->problem;
    else if (auto const* charged = std::get_if<engine::ChargedAgain>(&event.fact))
        charges_.add(second_charge_of(event.step, *charged, state));
    else if (std::holds_alternative<engine::Finished>(event.fact))
        charges_.keep(event.step, state.task_id);
}

} // namespace darkroom::report
