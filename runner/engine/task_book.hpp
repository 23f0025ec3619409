// The tasks that the run directory knows by their names, as far as a search needs them. Pure.
#pragma once

#include "runner/engine/ports.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

namespace darkroom::engine {

/// A known task. The views are into the book that holds it.
struct BookedTask {
    Digest step{};
    std::string_view identity; ///< See KnownTask.
    std::string_view account;
    std::string_view kind;   ///< See kind_of_request().
    MarkDigests marks;       ///< Those of the request as it was sent.
    std::uint64_t order = 0; ///< 0: not known, or another task has it.
    WallTime sent_at{};
    bool has_failed = false; ///< The service has said so; it may yet take that back.
};

/// Endpoint, action and mode: only a task of the same kind is a witness.
std::string kind_of_request(RequestMarks const& marks);

/// Holds the tasks that were sent last.
class TaskBook {
public:
    static constexpr std::size_t tasks_max = 200'000;

    void add(KnownTask const& task);
    /// Keeps what the views of `task` show.
    void add(std::string const& task_id, BookedTask task);
    /// Returns null for a task that is not in the book; an older one may be in the journal.
    BookedTask const* find(std::string const& task_id) const;
    void mark_failed(std::string const& task_id);
    void unmark_failed(std::string const& task_id);
    std::size_t size() const { return tasks_.size(); }

    using ById = std::unordered_map<std::string, BookedTask>;
    /// All with an order, by that.
    std::map<std::uint64_t, ById::value_type const*> const& by_order() const { return by_order_; }

private:
    std::string_view shared(std::string text) { return *texts_.insert(std::move(text)).first; }

    std::set<std::string> texts_; ///< A few, which many tasks have.
    ById tasks_;
    std::map<std::uint64_t, ById::value_type const*> by_order_;
    std::deque<ById::value_type const*> by_age_;
};

} // namespace darkroom::engine
