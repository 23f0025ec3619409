// Listens to a request under way, and notes the task that the service has made of it.
#pragma once

#include "runner/engine/run_options.hpp"
#include "runner/engine/step_run.hpp"
#include "runner/engine/task_follower.hpp"

namespace darkroom::engine {

/// The parts of a run that the listener tells; they outlive it.
struct ListenerParts {
    TaskFollower& follower;
    Admission& admission;
    SendMarks& marks;
    LedgerLink& ledger;
};

/// The task id is journalled with the next commit: losing it in a crash only means a longer
/// look-up. Lives as long as the request is under way.
class StepListener final : public ProgressSink {
public:
    StepListener(Ports const& ports, ListenerParts parts, StepRun& run);
    StepListener(StepListener const&) = delete;
    StepListener& operator=(StepListener const&) = delete;
    ~StepListener() override;

    bool on_sending() override;
    void on_task(std::string const& task_id) override;
    void on_percent(int percent) override;
    void on_preview(std::string const& url) override;

    /// Notes the task that a result names. Where it, or a line before it, has named a task of
    /// another step, the result becomes a problem: one task is not the result of two requests.
    void take(SubmitResult& result);

private:
    std::optional<Problem> doubt_about(std::string const& task_id) const;
    bool is_anothers(std::string const& task_id) const;
    void end_unnamed();

    Ports const& ports_;
    ListenerParts parts_;
    StepRun& run_;
    UnnamedRequest unnamed_;
    bool is_unnamed_ = true;
    std::string anothers_; ///< A task of another step that an answer has named.
};

} // namespace darkroom::engine
