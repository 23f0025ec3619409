// One item of a job, its first step, and the steps below an image.
#pragma once

#include "jobs/language/variables.hpp"
#include "jobs/model/job_file.hpp"
#include "jobs/plan/picks.hpp"
#include "jobs/services/request.hpp"
#include "runner/base/json.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace darkroom::jobs {

class Table;

/// The values that all steps of one item share.
struct Item {
    std::string job;
    std::uint64_t index = 0; ///< 0-based among all texts of its job, drawn by `sample` or not.
    int repeat = 0;          ///< 0-based; the same request, bought again.
    std::uint64_t line = 0;  ///< Its row's line in the job's table; 0 without a table.
    std::size_t file = 0;    ///< The number of the row's file among those of the table.
    std::shared_ptr<Table const> table = {}; ///< Null without one.
    Variables variables;
    json::Value drawn = {}; ///< The choices of the prompt, see to_json(); null: it has none.
    Request request;        ///< The first generation.
    bool download = true;
    std::shared_ptr<std::vector<Branch> const> then; ///< Never null.
};

/// One paid request and the branches below it.
struct Step {
    Digest key{};
    std::optional<Digest> parent;
    std::shared_ptr<Item const> item;
    Request request;
    std::string path; ///< "" for the first generation, else actions joined by '/'.
    bool download = true;
    std::vector<Branch> const* then = nullptr; ///< Inside item->then; never null.

    int depth() const;       ///< 0 for the first generation.
    ResultKind kind() const; ///< The kind of image it makes.
};

Step first_step(std::shared_ptr<Item const> item);

/// Returns the steps below the image that `parent` made. `offered` are the image's own actions;
/// without it (planning) every action that its kind can offer counts as offered. Globs and picks
/// give only offered actions; a name is given even when not offered (the caller refuses it before
/// paying). The result includes every candidate of a pick. No key appears twice.
std::vector<Step> steps_below(Step const& parent, std::span<std::string const> offered);
std::vector<Step> steps_below(Step const& parent);

/// A choice for a person below an image. A picked step has the key that it would have if its action
/// stood in `then` itself.
struct PickSpot {
    PickCount count;              ///< At most the number of candidates.
    std::vector<Step> candidates; ///< Never empty; without the steps that follow in any case.
    std::vector<bool> picked;     ///< One entry for each candidate.

    std::size_t picks() const;
    bool is_made() const; ///< The number of picked actions is within `count`.
};
/// Returns the choices below the image that `parent` made, without those that have no candidate.
std::vector<PickSpot> picks_below(Step const& parent, std::span<std::string const> offered,
                                  Picks const& picks);

/// The steps that follow an image.
struct Below {
    std::vector<Step> steps;
    std::size_t waiting = 0; ///< Picks that are not made, or not with a number within their count.
};
/// Returns steps_below() with the picked candidates only.
Below below(Step const& parent, std::optional<std::span<std::string const>> offered,
            Picks const& picks);

} // namespace darkroom::jobs
