// Runs accepted tasks: waits, shows their steps, charges their end.
#pragma once

#include "runner/base/task_group.hpp"
#include "runner/studio/tasks/accounts.hpp"
#include "runner/studio/tasks/server_state.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <unordered_map>

namespace darkroom::studio {

/// Owns the running tasks. A task continues when its client leaves.
class TaskRunner {
public:
    explicit TaskRunner(ServerState& state);

    /// Accepts a task that is filled in as described at Task: it is in the archive, the book and
    /// the ledger when this returns. Errors: 500 api_error when the archive cannot be written.
    Checked<TaskPtr> start(TaskPtr task);
    /// Resumes a task of an earlier process for the rest of its time.
    void resume(TaskPtr task);

    std::size_t running() const { return group_.size(); }
    /// Returns a seed for a picture: repeated requests differ, and the same requests in the same
    /// order give the same pictures.
    std::uint32_t picture_seed(std::uint64_t lineage);

    AccountPool& accounts() { return accounts_; }
    AccountPool const& accounts() const { return accounts_; }
    void cancel() { group_.cancel(); }
    boost::asio::awaitable<void> join() { return group_.join(); }

private:
    boost::asio::awaitable<void> work(TaskPtr task, Duration done);
    boost::asio::awaitable<void> draw(TaskPtr task, Duration done);
    void show(Task& task, int progress);
    void end(TaskPtr const& task);

    ServerState& state_;
    AccountPool accounts_;
    std::unordered_map<std::uint64_t, std::uint32_t> repeats_;
    TaskGroup group_;
};

/// Completes when the task has more than `seen` steps, or has ended. Cancel: terminal; the task
/// continues.
boost::asio::awaitable<bool> next_step(TaskPtr task, std::size_t seen);
/// Completes with true at the same events; with false at `when`.
boost::asio::awaitable<bool> step_before(Clock& clock, Time when, TaskPtr task, std::size_t seen);

/// Returns a 64-bit hash for lineages: the same on every machine.
std::uint64_t lineage_of(std::uint64_t parent, std::string_view asked);

} // namespace darkroom::studio
