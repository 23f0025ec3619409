#include "tests/simulation/mutants.hpp"

#include "jobs/services/midjourney/model.hpp"

#include <algorithm>

namespace darkroom::simulation {

using namespace std::chrono_literals;
using engine::Outcome;
using engine::Problem;
using engine::Verdict;

namespace {

Problem failure(std::string code, std::string task_id) {
    Problem problem;
    problem.verdict = Verdict::generation;
    problem.code = std::move(code);
    problem.message = "an old rule says so";
    problem.task_id = std::move(task_id);
    return problem;
}

json::Value other_request() {
    return json::Object{{"prompt", "entirely other words of somebody else"}};
}

bool is_timeout(Problem const& problem) {
    return problem.verdict == Verdict::unknown && problem.code == "timeout";
}

bool is_page(Problem const& problem) {
    bool const is_unnamed = problem.code.starts_with("http_") || problem.code == "not_the_service";
    return problem.status >= 300 && problem.status < 500 && is_unnamed;
}

} // namespace

bool Mutant::has_bad_error() const {
    auto const form = service_.imperfections.error;
    return broken_ == Broken::heeds_empty_errors && form != ErrorForm::absent &&
           form != ErrorForm::null;
}

void Mutant::change_outcome(Outcome& outcome) const {
    auto const* answer = std::get_if<engine::Answer>(&outcome);
    if (answer != nullptr && has_bad_error()) outcome = failure("task_failed", answer->task_id);
    auto* problem = std::get_if<Problem>(&outcome);
    if (problem != nullptr && broken_ == Broken::heeds_timeouts && is_timeout(*problem))
        problem->verdict = Verdict::generation;
}

void Mutant::change(engine::SubmitResult& result) const {
    auto const* answer = std::get_if<engine::Answer>(&result);
    if (answer != nullptr) note_task(answer->task_id);
    if (answer != nullptr && has_bad_error()) result = failure("task_failed", answer->task_id);
    auto* problem = std::get_if<Problem>(&result);
    if (problem == nullptr) return;
    bool const is_unknown = problem->verdict == Verdict::unknown;
    if (broken_ == Broken::resends_unknown && is_unknown) problem->verdict = Verdict::transient;
    bool const is_502 = problem->status == 502 || problem->status == 503;
    if (broken_ == Broken::resends_502 && is_502) problem->verdict = Verdict::transient;
    if (broken_ == Broken::heeds_timeouts && is_timeout(*problem))
        problem->verdict = Verdict::generation;
    if (broken_ == Broken::heeds_pages && is_page(*problem)) problem->verdict = Verdict::rejected;
}

void Mutant::change(engine::TaskUpdate& update) const {
    if (update.outcome) change_outcome(*update.outcome);
}

void Mutant::note_task(std::string const& id) const {
    if (auto* task = service_.task_of_id(id)) task->is_named = true;
}

/// Known tasks look as they were sent, so that the listing is trusted; all that is not equal to
/// what was sent looks like another request.
void Mutant::hide_unequal(engine::TaskRecord& record) const {
    auto const* task = service_.task_of_id(record.task_id);
    bool const is_known = task != nullptr && task->is_named;
    bool const is_equal = task != nullptr && record.request == task->request;
    if (!is_known && is_equal) return;
    auto const& model = jobs::midjourney::model;
    json::Value const other = other_request();
    record.marks = engine::marks_of(model, is_known ? task->path : record.endpoint,
                                    is_known ? task->sent : other);
}

/// A task that seems to have been created before it was sent looks like another request.
void Mutant::hide_early(engine::TaskRecord& record) const {
    auto const* task = service_.task_of_id(record.task_id);
    if (task == nullptr || task->is_named || task->sent_at == WallTime()) return;
    auto const expected = task->sent_at + (service_.service_wall() - clock_.wall());
    if (task->created_at >= expected - 2min) return;
    record.marks = engine::marks_of(jobs::midjourney::model, record.endpoint, other_request());
}

void Mutant::change(engine::TaskQuery const& query, engine::TaskPage& page) const {
    for (auto& record : page.tasks) {
        if (record.outcome) change_outcome(*record.outcome);
        if (broken_ == Broken::matches_only_equal) hide_unequal(record);
        if (broken_ == Broken::uses_the_clock_of_now) hide_early(record);
    }
    if (broken_ != Broken::buys_what_has_no_record) return;
    for (auto const& id : query.ids) {
        auto const has_id = [&id](auto const& record) { return record.task_id == id; };
        if (std::any_of(page.tasks.begin(), page.tasks.end(), has_id)) continue;
        engine::TaskRecord record;
        record.task_id = id;
        record.outcome = failure("not_found", id);
        page.tasks.push_back(std::move(record));
    }
}

} // namespace darkroom::simulation
