// A paid task from its acceptance on, and the book of all tasks.
#pragma once

#include "runner/base/json.hpp"
#include "runner/studio/faults/faults.hpp"
#include "runner/studio/http/error.hpp"
#include "runner/studio/paint/picture.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace darkroom {
class Gate;
}

namespace darkroom::studio {

/// The endpoint that a task was submitted to.
enum class TaskKind { imagine, edits, videos, describe, translate, shorten, seed };
inline constexpr std::size_t task_kinds = 7;
/// Returns "imagine": the last part of the endpoint's path, and a record's `type`.
std::string_view name_of(TaskKind kind);
std::optional<TaskKind> task_kind_of(std::string_view name);
/// True when such a task ends with image files rather than a text.
inline bool draws(TaskKind kind) { return kind <= TaskKind::videos; }

/// The inputs of an edit or a clip besides its request; the bytes are in the InputStore.
struct Material {
    std::string image;     ///< Name of the input image, or of a clip's first frame.
    std::string mask;      ///< Edits: name of the mask's image. Empty: everything is retouched.
    std::string end_image; ///< Clips: name of the last frame; may be empty.
    int clips_before = 0;  ///< Clips: the number of clips before this one.
    int path = 0;          ///< Extended clips: the camera's path, 0 to 3.
    bool loop = false;     ///< Clips: ends where it began.
    int short_side = 0;    ///< Clips: pixels.
    bool mp4 = false;      ///< Clips: links lead to MP4; to WebP once MP4 cannot be made.
    Aspect aspect;         ///< The input image's, within 1:4 to 4:1.
};

/// The address that a task is reported to over HTTP.
struct Callback {
    std::string url;
    bool every_line = false; ///< A POST for each step, not only for the end.
};

/// One state of the drawing that was shown. At the last one `progress` is 100.
struct Step {
    int progress = 0;
    std::string image_id;
};

/// A task. Preparation fills in the members up to `recipe`; from then on only the TaskRunner
/// changes it (and an expiry fault `link_generation`, the callbacks `called`).
struct Task {
    std::string id; ///< Set by the TaskRunner.
    std::string trace_id;
    TaskKind kind = TaskKind::imagine;
    json::Value request; ///< The body as submitted.
    std::string action = "generate";
    std::string mode = "fast";
    std::string prompt;        ///< The first generation's, also for follow-ups.
    std::uint64_t lineage = 0; ///< Hash of the request and of the parent's lineage.
    std::uint32_t seed = 0;    ///< Seed of the picture.
    bool split_images = false;
    std::string payer;   ///< The token it counts against; see Allowances.
    std::string owner;   ///< The account that has the parent image; empty: any.
    std::string account; ///< The account that does it; empty until one does.
    std::optional<Callback> callback;
    bool called = false; ///< The end was reported to the callback, or given up.
    /// Set: it ends with this instead of a result; `fails_at_once` says when.
    std::optional<ApiError> planned_failure;
    bool fails_at_once = false;
    json::Value text; ///< For a kind that does not draw: the members of its answer.
    std::optional<Material> material;
    /// While `recipe` is set only an outline: aspect, and as many scenes as there will be. See
    /// RenderCache::complete().
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

/// True when a token may see a task and use its image. An empty payer means a service that does not
/// distinguish tokens: it shows all tasks, and its tasks belong to everybody.
bool belongs_to(Task const& task, std::string_view payer);

/// The conditions of a listing of /tasks.
struct TaskFilter {
    std::string type;                     ///< A kind's name; empty: any.
    std::string payer;                    ///< See belongs_to().
    std::optional<double> created_at_min; ///< Unix seconds, inclusive.
    std::optional<double> created_at_max;
    std::size_t offset = 0;
    std::size_t limit = 12;
    std::size_t newest = SIZE_MAX; ///< Only so many are known.
    ListOrder order = ListOrder::newest_first;
    std::function<bool(Task const&)> hidden{}; ///< May be null.
};

/// A page of tasks, in the filter's order, and how many match in all.
struct TaskPage {
    std::vector<TaskPtr> items;
    std::size_t count = 0;
};

/// The limits of a TaskBook.
struct BookLimits {
    std::size_t tasks = 200'000;
    std::size_t body_bytes = 256u << 20; ///< Submitted bodies, as JSON.
};

/// All tasks, found by their ids. Beyond a limit the oldest ended ones are removed.
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
    TaskPage page_of_all(TaskFilter const& filter) const;
    TaskPage disordered(TaskFilter filter) const;
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
