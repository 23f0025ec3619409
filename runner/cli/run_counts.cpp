#include "runner/cli/run_counts.hpp"

#include "jobs/model/job_spec.hpp"
#include "runner/cli/job_walk.hpp"
#include "runner/cli/pick_file.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/store/file.hpp"
#include "runner/store/run_history.hpp"

#include <algorithm>

namespace darkroom::cli {

namespace {

/// Returns the name of an item's table, relative to the job file where it lies beside or below it.
std::string table_of(Job const& job, jobs::Item const& item) {
    for (auto const& spec : job.file.jobs) {
        if (spec->id != item.job || spec->table == nullptr) continue;
        auto const& name = spec->table->shown(item.file);
        auto const above = store::parent_of(job.path) + "/";
        return name.starts_with(above) ? name.substr(above.size()) : name;
    }
    return {};
}

std::uint64_t count_rejected(engine::History& history, std::set<Digest> const& wanted) {
    std::uint64_t rejected = 0;
    if (wanted.empty()) return rejected;
    or_quit(history.for_each_failed([&](engine::FailedRow const& row) -> Result<> {
        bool const is_refused = row.problem.verdict == engine::Verdict::rejected;
        rejected += is_refused && wanted.contains(row.key) ? 1 : 0;
        return {};
    }));
    return rejected;
}

} // namespace

std::set<Digest> given_up_steps(Job const& job, std::string const& directory) {
    std::set<Digest> steps;
    next_run_of(job, job.plan, directory,
                {[&steps](jobs::Step const& step) { steps.insert(step.key); }});
    return steps;
}

RunCounts count_run(Job const& job, std::string const& directory) {
    try {
        auto history = or_quit(store::RunHistory::open_snapshot(journal_of(directory)));
        return count_run(job, history, load_picks(directory));
    } catch (Quit const&) { // the run itself has reported it
        return {};
    }
}

RunCounts count_run(Job const& job, engine::History& history, jobs::Picks const& picks,
                    std::map<Digest, std::uint64_t> const* missing) {
    RunCounts counts;
    std::set<Digest> given_up;
    std::set<Digest> given_up_in_part;
    auto const note_part = [&](jobs::Step const& step) { given_up_in_part.insert(step.key); };
    auto const note = [&](jobs::Step const& step) {
        given_up.insert(step.key);
        if (step.item->line > 0)
            counts.lines[step.key] = {table_of(job, *step.item), step.item->line};
    };
    jobs::PlanOptions const whole{.only = {}, .limit = {}, .shard = job.plan.shard};
    bool const is_part = !job.plan.only.empty() || job.plan.limit;
    try {
        counts.whole = next_run_of(job, whole, &history, picks, {note, {}, missing});
        counts.part =
            is_part ? next_run_of(job, job.plan, &history, picks, {note_part}) : counts.whole;
        auto& failures = counts.failures;
        failures.all = counts.part->failed;
        failures.rejected = count_rejected(history, is_part ? given_up_in_part : given_up);
        failures.outside = counts.whole->failed - std::min(counts.whole->failed, failures.all);
        counts.given_up = std::move(given_up);
    } catch (Quit const&) { // the run itself has reported it
        return {};
    }
    return counts;
}

void show_durable(std::list<engine::Event> const& charges, std::string const& directory,
                  engine::Observer& observer) {
    if (charges.empty()) return;
    auto history = store::RunHistory::open(directory + "/journal.db");
    if (history.has_error()) return;
    for (auto const& event : charges) {
        auto const state = history->state_of(event.step);
        if (state.has_error()) return;
        auto const* again = std::get_if<engine::ChargedAgain>(&event.fact);
        bool const is_durable = again == nullptr ? state->phase == engine::Phase::finished
                                                 : state->cost_again >= again->cost;
        if (is_durable) observer.on_event(event, *state);
    }
}

void take_durable(RunCounts const& counts, report::Payment const& paid, engine::RunResult& result) {
    result.tally.paid = static_cast<std::int64_t>(paid.generations);
    result.tally.cost = paid.cost;
    bool const is_cut = result.end == engine::RunEnd::disk_failed;
    if (is_cut && counts.whole) result.tally.unknown = counts.whole->unknown;
}

} // namespace darkroom::cli
