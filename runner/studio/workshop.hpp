// Where accepted tasks are worked on: time passes, steps are shown, the end is charged.
#pragma once

#include "runner/base/task_group.hpp"
#include "runner/studio/premises.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <optional>
#include <unordered_map>

namespace darkroom::studio {

/// What a new task is made from.
struct Order {
    json::Value body; ///< As submitted.
    std::string trace_id;
    std::string action;
    std::string prompt;
    bool split_images = false;
    std::uint64_t lineage = 0;
    Picture picture; ///< With `recipe`: an outline, as in Task.
    std::optional<GenerateRequest> recipe;
    /// Set: the task ends with this instead of a picture; `fails_at_once` says when.
    std::optional<ApiError> failure;
    bool fails_at_once = false;
};

/// Owns the running tasks. A client that leaves changes nothing for its task.
class Workshop {
public:
    explicit Workshop(Premises& premises);

    /// Accepts an order: the task is in the book and the ledger when this returns.
    TaskPtr start(Order order);
    std::size_t running() const { return group_.size(); }
    /// A seed for a picture that was asked for `earlier` times already: repeats differ, and the
    /// same requests in the same order give the same pictures.
    std::uint64_t picture_seed(std::uint64_t lineage);

    void cancel() { group_.cancel(); }
    boost::asio::awaitable<void> join() { return group_.join(); }

private:
    boost::asio::awaitable<void> work(TaskPtr task, Order order);
    void show(Task& task, int progress);
    void end(TaskPtr const& task, std::optional<ApiError> failure);

    Premises& premises_;
    std::unordered_map<std::uint64_t, std::uint32_t> repeats_;
    TaskGroup group_;
};

/// Completes with true when the task has more than `seen` steps, or has ended; with false at
/// `when`. Cancel: terminal; the task goes on.
boost::asio::awaitable<bool> step_before(Clock& clock, Time when, TaskPtr task, std::size_t seen);

/// A 64-bit hash for lineages: the same on every machine.
std::uint64_t lineage_of(std::uint64_t parent, std::string_view asked);

} // namespace darkroom::studio
