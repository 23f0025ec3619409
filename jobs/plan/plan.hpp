// The lazy sequence of what a job file asks for: items one at a time, and the steps below each.
#pragma once

#include "jobs/language/prompt.hpp"
#include "jobs/model/job_file.hpp"
#include "jobs/plan/picks.hpp"
#include "jobs/services/midjourney/action.hpp"

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace darkroom::jobs {

/// The values all steps of one item share.
struct Item {
    std::string job;
    std::uint64_t index = 0; ///< 0-based among all texts of its job, drawn by `sample` or not.
    int repeat = 0;          ///< 0-based; the same request, bought again.
    Variables variables;
    Request request; ///< The first generation.
    bool download = true;
    std::shared_ptr<std::vector<Branch> const> then; ///< Never null.
};

/// One paid request and what is wanted below it.
struct Step {
    Digest key{};
    std::optional<Digest> parent;
    std::shared_ptr<Item const> item;
    Request request;
    std::string path; ///< "" for the first generation, else actions joined by '/'.
    bool download = true;
    std::vector<Branch> const* then = nullptr; ///< Inside item->then; never null.

    int depth() const;       ///< 0 for the first generation.
    ResultKind kind() const; ///< Of the image it makes.
};

Step first_step(std::shared_ptr<Item const> item);

/// The steps wanted on the image that `parent` made. `offered` are the image's own actions; without
/// it (planning) every action its kind can offer is taken as offered. Globs and picks give only
/// offered actions; a name is given even when not offered (the caller refuses it before paying).
/// All that could be picked is among them. No key twice.
std::vector<Step> steps_below(Step const& parent, std::span<std::string const> offered);
std::vector<Step> steps_below(Step const& parent);

/// A choice that an image puts to a person. A picked step has the very key that it would have if
/// its action stood in `then` itself.
struct PickSpot {
    PickCount count;              ///< Not above the number of candidates.
    std::vector<Step> candidates; ///< Never empty; none that is wanted anyway.
    std::vector<bool> picked;     ///< Of each candidate.

    std::size_t picks() const;
    bool is_made() const; ///< As many were picked as are to be.
};
/// Those of the image that `parent` made; one that offers nothing to pick puts no choice.
std::vector<PickSpot> picks_below(Step const& parent, std::span<std::string const> offered,
                                  Picks const& picks);

/// What follows an image.
struct Below {
    std::vector<Step> steps;
    std::size_t waiting = 0; ///< Picks that nobody has made, or not as many as are to be.
};
/// steps_below() with the picked ones, and without those that nobody has picked.
Below below(Step const& parent, std::optional<std::span<std::string const>> offered,
            Picks const& picks);

/// One of `count` parts of a plan. An item's part follows from its first step's key and from
/// nothing else, so that an edit of the file moves no item to another part.
struct Shard {
    std::uint64_t index = 1; ///< From 1 to `count`.
    std::uint64_t count = 1;
    bool has(Digest const& key) const;
};

struct PlanOptions {
    std::set<std::string> only;         ///< Job ids; empty: all.
    std::optional<std::uint64_t> limit; ///< Items in all.
    std::optional<Shard> shard = {};
};

/// Items in file order, made as they are asked for: memory does not grow with their number.
class Plan {
public:
    Plan(JobFile const& file,
         PlanOptions options = PlanOptions()); ///< `file` must outlive the plan.
    ~Plan();
    /// The next item, or null at the end. Errors: a table that cannot be read, a row that is wrong.
    Result<std::shared_ptr<Item const>> next();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// How many items a file has, counted without making them; of the shard of a job with more than
/// 100,000 items, about how many.
std::uint64_t count_items(JobFile const& file, PlanOptions const& options);
/// The same of one job.
std::uint64_t count_items(JobSpec const& job, std::optional<Shard> const& shard);

} // namespace darkroom::jobs
