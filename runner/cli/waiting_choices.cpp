#include "runner/cli/waiting_choices.hpp"

#include "runner/cli/exit_code.hpp"
#include "runner/cli/job_walk.hpp"
#include "runner/cli/pick_file.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/report/pick_list.hpp"

#include "jobs/model/job_spec.hpp"

#include <algorithm>

namespace darkroom::cli {

namespace {

/// A page has at most this many choices; the rest comes with the next page.
constexpr std::size_t choices_max = 1000;

/// Returns true when a person is asked anywhere below `then`.
bool asks_below(std::vector<jobs::Branch> const& then) {
    return std::any_of(then.begin(), then.end(), [](auto const& branch) {
        return branch.pick.has_value() || asks_below(branch.then);
    });
}

engine::ManifestRow row_without_file(report::PickChoice const& choice) {
    auto const info = engine::info_of(choice.step);
    engine::ManifestRow row;
    row.key = choice.step.key;
    row.job = info.job;
    row.item = info.item;
    row.repeat = info.repeat;
    row.path = info.path;
    row.kind = engine::kind_of_result(info);
    row.variables = info.variables;
    row.drawn = info.drawn;
    row.prompt = info.prompt;
    row.root_prompt = engine::root_prompt_of(info);
    row.action = info.action;
    row.mode = info.mode;
    row.task_id = choice.state.answer.task_id;
    row.image_id = choice.state.answer.image_id;
    return row;
}

} // namespace

WaitingChoices waiting_choices(Job const& job, std::string const& directory,
                               jobs::Picks const& picks) {
    WaitingChoices found;
    for_each_pick(job, directory, picks, [&found](report::PickChoice const& choice) {
        auto& [cards, waiting] = found.choices;
        if (choice.spot.is_made()) return;
        ++waiting;
        if (cards.size() >= choices_max) return;
        cards.push_back(report::card_of(choice));
        found.rows.emplace(choice.step.key, row_without_file(choice));
    });
    return found;
}

WaitingChoices choices_if_any(std::string const& directory) {
    try {
        auto const job = saved_job(directory, Verbosity::nothing);
        auto const& jobs = job.file.jobs;
        bool const may_wait = std::any_of(jobs.begin(), jobs.end(),
                                          [](auto const& one) { return asks_below(*one->then); });
        if (!may_wait) return {};
        return waiting_choices(job, directory, load_picks(directory));
    } catch (Quit const&) { // the job file is of another version, or needs a file that is gone
        return {};
    }
}

} // namespace darkroom::cli
