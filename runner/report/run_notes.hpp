// What a run's closing words need from its events.
#pragma once

#include "runner/engine/ports.hpp"
#include "runner/report/next_run.hpp"
#include "runner/report/second_charges.hpp"

#include <optional>

namespace darkroom::report {

/// Notes a few things about a run as it goes by, in little memory.
class RunNotes final : public engine::Observer {
public:
    void on_event(engine::Event const& event, engine::StepState const& state) override;
    void on_progress(Digest const&, int) override {}
    void on_waiting(engine::Waiting const&) override {}

    /// Returns the last failure of any step.
    std::optional<engine::Problem> const& last_failure() const { return last_failure_; }
    SecondCharges const& charges() const { return charges_; }
    /// Returns what this run has caused and the journal has: what its events add up to.
    Payment const& paid() const { return paid_; }

private:
    void add_payment(jobs::Micros cost);

    std::optional<engine::Problem> last_failure_;
    SecondCharges charges_;
    Payment paid_;
};

} // namespace darkroom::report
