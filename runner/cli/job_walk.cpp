#include "runner/cli/job_walk.hpp"

#include "runner/cli/pick_file.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/store/file.hpp"
#include "runner/store/missing_files.hpp"
#include "runner/store/run_history.hpp"

#include <algorithm>
#include <memory>
#include <optional>
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

bool has_pick_below(std::vector<jobs::Branch> const& then) {
    return jobs::has_pick(then) || std::any_of(then.begin(), then.end(), [](auto const& branch) {
               return has_pick_below(branch.then);
           });
}

/// A broken table is the file's fault, all else the journal's.
report::NextRun read_next_run(report::PlanView view) {
    bool is_item = false;
    view.next_item = [&is_item, next = std::move(view.next_item)] {
        auto item = next();
        is_item = item.has_error();
        return item;
    };
    view.next_mark = [&is_item, next = std::move(view.next_mark)] {
        auto mark = next();
        is_item = mark.has_error();
        return mark;
    };
    auto next = report::next_run(view);
    if (next.has_error() && is_item) throw Quit(ExitCode::bad_file, next.error().message());
    return or_quit(std::move(next));
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
    auto const has_pick = [](auto const& spec) { return has_pick_below(*spec->then); };
    if (std::none_of(job.file.jobs.begin(), job.file.jobs.end(), has_pick)) return 0;
    auto history = or_quit(store::RunHistory::open(journal_of(directory)));
    jobs::Plan plan(job.file, job.plan);
    return or_quit(report::count_waiting({[&plan] { return next_item(plan); }, history, picks}));
}

std::map<Digest, std::uint64_t> missing_files_of(std::string const& directory) {
    auto const journal = directory + "/journal.db";
    if (!store::exists(journal)) return {};
    auto reader = or_quit(store::JournalReader::open(journal));
    return or_quit(store::missing_files(reader, directory));
}

report::NextRun next_run_of(Job const& job, jobs::PlanOptions const& part,
                            std::string const& directory, WalkWishes wishes) {
    auto const journal = directory + "/journal.db";
    auto const picks = load_picks(directory);
    if (!store::exists(journal)) return next_run_of(job, part, nullptr, picks, std::move(wishes));
    auto history = or_quit(store::RunHistory::open_snapshot(journal));
    return next_run_of(job, part, &history, picks, std::move(wishes));
}

report::NextRun next_run_of(Job const& job, jobs::PlanOptions const& part, engine::History* history,
                            jobs::Picks const& picks, WalkWishes wishes) {
    std::optional<jobs::Plan> plan;
    auto const begin = [&] { plan.emplace(job.file, part); };
    begin();
    report::PlanView view{job.file,
                          [&plan] { return plan->next(); },
                          begin,
                          history,
                          picks,
                          std::move(wishes.take_given_up),
                          std::move(wishes.is_tried_again),
                          wishes.missing,
                          [&plan] { return plan->next_mark(); },
                          [&plan] { return plan->item(); },
                          part.shard ? 0 : jobs::count_items(job.file, part)};
    return read_next_run(std::move(view));
}

bool is_big(Job const& job, jobs::Estimate const& plan) {
    constexpr std::uint64_t compared_max = 50'000;
    if (plan.steps.most > compared_max) return true;
    return job.plan.shard &&
           jobs::count_items(job.file, {.only = job.plan.only, .limit = {}}) > compared_max;
}

} // namespace darkroom::cli
