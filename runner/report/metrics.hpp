// The numbers of a run in the text format of Prometheus. Pure: time is an argument.
#pragma once

#include "runner/engine/run_end.hpp"
#include "runner/report/board.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace darkroom::report {

/// Numbers that change during a run and that no event brings.
struct MetricsNow {
    engine::Load load;
    jobs::Limits limits;
    WallTime now{};
    std::optional<int> exit; ///< Set when the run has ended.
};

/// Counts the events of a run. What is paid and what it cost is counted over all runs of the
/// directory, so that these numbers never go back.
class Metrics final : public engine::Observer {
public:
    /// `clock` outlives it. `directory` is a label.
    Metrics(Start start, std::string directory, Clock& clock);

    void on_event(engine::Event const& event, engine::StepState const& state) override;
    void on_progress(Digest const&, int) override {}
    void on_waiting(engine::Waiting const&) override {}

    /// Returns the whole text, with a line end at its end.
    std::string text(MetricsNow const& now) const;

private:
    Board board_;
    std::string labels_; ///< `run="…",directory="…"`
    Clock& clock_;
    WallTime begun_;
    WallTime last_event_;
    std::uint64_t sent_ = 0;
    std::map<std::string, std::uint64_t> problems_; ///< Failed attempts, by class.
    std::map<std::string, std::uint64_t> failures_; ///< Steps that were given up, by class.
};

} // namespace darkroom::report
