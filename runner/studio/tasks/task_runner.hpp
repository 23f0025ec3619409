// Where accepted tasks are worked on: time passes, steps are shown, the end is charged.
#pragma once

#include "runner/base/task_group.hpp"
#include "runner/studio/tasks/accounts.hpp"
#include "runner/studio/tasks/server_state.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <unordered_map>

namespace darkroom::studio {

/// Owns the running tasks. A client that leaves changes nothing for its task.
class TaskRunner {
public:
    explicit TaskRunner(ServerState& state);

    /// Accepts a task that is filled in as told at Task: it is in the archive, the book and the
    /// ledger when this returns. Errors: 500 api_error when the archive can't take it.
    Checked<TaskPtr> start(TaskPtr task);
    /// Takes up a task of an earlier process: the rest of its time is worked off.
    void resume(TaskPtr task);

    std::size_t running() const { return group_.size(); }
    /// A seed for a picture that was asked for `earlier` times already: repeats differ, and the
    /// same requests in the same order give the same pictures.
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
/// goes on.
boost::asio::awaitable<bool> next_step(TaskPtr task, std::size_t seen);
/// The same, with true; with false at `when`.
boost::asio::awaitable<bool> step_before(Clock& clock, Time when, TaskPtr task, std::size_t seen);

/// A 64-bit hash for lineages: the same on every machine.
std::uint64_t lineage_of(std::uint64_t parent, std::string_view asked);

} // namespace darkroom::studio
