// Makes a task that can be started from a request that was read.
#pragma once

#include "runner/studio/tasks/input_images.hpp"
#include "runner/studio/tasks/server_state.hpp"
#include "runner/studio/tasks/task_runner.hpp"
#include "runner/studio/tasks/work_request.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace darkroom::studio {

/// A request that was read and checked.
struct Submission {
    WorkRequest request;
    json::Value body; ///< As submitted.
    std::string trace_id;
    std::string payer;
    TaskPtr parent;          ///< For a follow-up, an extended clip or a seed; null otherwise.
    Time deadline;           ///< Deadline of the answer.
    bool every_line = false; ///< The callback gets each line.
    std::optional<ApiError> failure; ///< Set by a fault: the task ends with it.
};

/// Fetches what a request links to and makes the recipe. One for a server.
class Preparation {
public:
    Preparation(ServerState& state, TaskRunner& runner, InputImages& inputs, RenderCache& renders)
        : state_(state), runner_(runner), inputs_(inputs), renders_(renders) {}

    /// Finds the parent that the request names, among what the payer may use. Errors: 400
    /// bad_request.
    Checked<TaskPtr> parent_of(WorkRequest const& request, std::string const& payer) const;
    /// Makes the task for TaskRunner::start(). Errors: 400 bad_request, mostly about an input
    /// image. Cancel: terminal.
    boost::asio::awaitable<Checked<TaskPtr>> task_for(Submission submission);

private:
    using Done = boost::asio::awaitable<Checked<TaskPtr>>;
    TaskPtr outline(Submission const& submission) const;
    Done fill(Submission submission, TaskPtr task);
    Done first(Submission submission, TaskPtr task);
    Done next(Submission submission, TaskPtr task);
    Done edit(Submission submission, TaskPtr task);
    Done clip(Submission submission, TaskPtr task);
    Done describe(Submission submission, TaskPtr task);
    static void longer(WorkRequest const& request, Task const& parent, Task& task);

    ServerState& state_;
    TaskRunner& runner_;
    InputImages& inputs_;
    RenderCache& renders_;
};

} // namespace darkroom::studio
