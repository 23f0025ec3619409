#include "runner/cli/job_walk.hpp"

#include "runner/cli/saved_job.hpp"
#include "runner/report/paid_steps.hpp"
#include "runner/store/run_history.hpp"

#include <memory>
#include <utility>

namespace darkroom::cli {

namespace {

/// Returns the next item; null after the last. Throws Quit(bad_file).
std::shared_ptr<jobs::Item const> next_item(jobs::Plan& plan) {
    auto item = plan.next();
    if (item.has_error()) throw Quit(ExitCode::bad_file, item.error().message());
    return std::move(*item);
}

void walk_below(jobs::Step const& step, std::function<void(jobs::Step const&)> const& take) {
    take(step);
    for (auto const& child : jobs::steps_below(step)) walk_below(child, take);
}

} // namespace

void for_each_step(Job const& job, std::function<void(jobs::Step const&)> const& take) {
    jobs::Plan plan(job.file, job.plan);
    while (auto item = next_item(plan)) walk_below(jobs::first_step(std::move(item)), take);
}

void for_each_pick(Job const& job, std::string const& directory, jobs::Picks const& picks,
                   std::function<void(report::PickChoice const&)> const& take) {
    auto history = or_quit(store::RunHistory::open(journal_of(directory)));
    jobs::Plan plan(job.file, job.plan);
    or_quit(report::for_each_pick({[&plan] { return next_item(plan); }, history, picks}, take));
}

std::uint64_t count_waiting(Job const& job, std::string const& directory,
                            jobs::Picks const& picks) {
    auto history = or_quit(store::RunHistory::open(journal_of(directory)));
    jobs::Plan plan(job.file, job.plan);
    return or_quit(report::count_waiting({[&plan] { return next_item(plan); }, history, picks}));
}

bool is_all_paid(Job const& job, std::string const& directory, jobs::Picks const& picks) {
    auto history = store::RunHistory::open(directory + "/journal.db");
    if (history.has_error()) return false;
    jobs::Plan plan(job.file, job.plan);
    auto const paid = report::is_all_paid({[&plan] { return plan.next(); }, *history, picks});
    return paid.has_value() && *paid;
}

} // namespace darkroom::cli
