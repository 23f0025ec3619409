#include "jobs/plan/job_rows.hpp"

#include "runner/base/number.hpp"
#include "runner/base/text.hpp"

namespace darkroom::jobs {

JobRows::JobRows(JobSpec const& job) : job_(job), reader_(job.table), others_(job.vars) {
    for (auto const& axis : job.matrix) others_.emplace_back(axis.name, axis.values.front());
}

bool JobRows::next(Row& row, TableProblem& problem) {
    while (reader_.next(row, problem)) {
        if (!job_.skips_blank) return true;
        values_ = row.cells;
        values_.insert(values_.end(), others_.begin(), others_.end());
        if (!trim(job_.words.expand(0, values_)).empty()) return true;
    }
    return false;
}

std::optional<int> repeat_of(std::string const& text, Variables const& variables) {
    auto const filled = fill(text, variables);
    auto const number = trim(filled);
    if (number.empty()) return 1;
    auto const repeat = parse_whole<int>(number);
    return repeat && *repeat >= 1 && *repeat <= 1'000'000 ? repeat : std::nullopt;
}

} // namespace darkroom::jobs
