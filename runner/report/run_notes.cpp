#include "runner/report/run_notes.hpp"

namespace darkroom::report {

void RunNotes::on_event(engine::Event const& event, engine::StepState const& state) {
    if (auto const* failed = std::get_if<engine::Failed>(&event.fact)) {
        last_failure_ = failed->problem;
    } else if (auto const* charged = std::get_if<engine::ChargedAgain>(&event.fact)) {
        charges_.add(second_charge_of(event.step, *charged, state));
        add_payment(charged->cost);
    } else if (auto const* finished = std::get_if<engine::Finished>(&event.fact)) {
        charges_.keep(event.step, state.task_id);
        if (!finished->by_earlier_run) add_payment(finished->cost);
    }
}

void RunNotes::add_payment(jobs::Micros cost) {
    ++paid_.generations;
    paid_.cost += cost;
}

} // namespace darkroom::report
