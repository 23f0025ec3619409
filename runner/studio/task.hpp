// A paid piece of work, from its acceptance on, and the book of all of them.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/gate.hpp"
#include "runner/base/json.hpp"
#include "runner/studio/error.hpp"
#include "runner/studio/picture.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

namespace darkroom::studio {

/// One state of the drawing that was shown. At the last one `progress` is 100.
struct Step {
    int progress = 0;
    std::string image_id;
};

/// Changed by the workshop only (and `link_generation` by an expiry fault).
struct Task {
    std::string id;
    std::string trace_id;
    json::Value request; ///< The body as submitted.
    std::string action;
    std::string prompt;        ///< Of the first generation, also for follow-ups.
    std::uint64_t lineage = 0; ///< Hash of what was asked and of the parent's lineage.
    bool split_images = false;
    /// While `recipe` is set only an outline: aspect, and as many scenes as there will be. See
    /// ImageShop::complete().
    Picture picture;
    std::optional<GenerateRequest> recipe;
    WallTime created_at;
    std::optional<WallTime> started_at;
    std::optional<WallTime> finished_at; ///< Set once it ended, either way.
    std::optional<ApiError> failure;
    std::vector<Step> steps;
    unsigned link_generation = 0; ///< Links of an earlier generation are dead…
    int dead_link_status = 403;   ///< …and answered so.
    /// Woken at every step and at the end; gone after it. Waiters keep their own pointer.
    std::shared_ptr<Gate> changed;

    bool ended() const { return finished_at.has_value(); }
    bool succeeded() const { return ended() && !failure; }
    std::string const& final_image_id() const { return steps.back().image_id; }
};
using TaskPtr = std::shared_ptr<Task>;

/// What /tasks asks a listing for.
struct TaskFilter {
    std::string type;                     ///< "imagine"; empty: any.
    std::optional<double> created_at_min; ///< Unix seconds, inclusive.
    std::optional<double> created_at_max;
    std::size_t offset = 0;
    std::size_t limit = 12;
};

/// A page of tasks, newest first, and how many match in all.
struct TaskPage {
    std::vector<TaskPtr> items;
    std::size_t count = 0;
};

/// How much a TaskBook keeps.
struct BookLimits {
    std::size_t tasks = 200'000;
    std::size_t body_bytes = 256u << 20; ///< Submitted bodies, as JSON.
};

/// All tasks, found by their names. Beyond a limit the oldest ended ones are forgotten.
class TaskBook {
public:
    explicit TaskBook(BookLimits limits) : limits_(limits) {}

    void add(TaskPtr task);
    /// Makes a finished task's image usable for follow-ups.
    void finish_image(TaskPtr const& task);

    TaskPtr find(std::string const& task_id) const; ///< Null when unknown.
    TaskPtr find_trace(std::string const& trace_id) const;
    TaskPtr find_image(std::string const& image_id) const; ///< Finished images only.
    TaskPage list(TaskFilter const& filter) const;
    std::size_t size() const { return tasks_.size(); }

private:
    using Index = std::unordered_map<std::string, TaskPtr>;
    struct Entry {
        TaskPtr task;
        std::size_t bytes;
    };
    static TaskPtr look_up(Index const& index, std::string const& key);
    void forget_oldest();

    BookLimits limits_;
    std::size_t bytes_ = 0;
    std::deque<Entry> tasks_; // oldest first
    Index by_id_;
    Index by_trace_;
    Index by_image_;
};

} // namespace darkroom::studio
