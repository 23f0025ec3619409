#include "jobs/plan/job_rows.hpp"

#include "jobs/services/prompt_params.hpp"
#include "runner/base/number.hpp"
#include "runner/base/text.hpp"

#include <algorithm>

namespace darkroom::jobs {

JobRows::JobRows(JobSpec const& job) : job_(job), reader_(job.table), others_(job.vars) {
    for (auto const& axis : job.matrix) others_.emplace_back(axis.name, axis.values.front());
    for (auto const& use : job.words.variables()) {
        bool const is_other =
            std::any_of(others_.begin(), others_.end(),
                        [&use](auto const& other) { return other.first == use.name; });
        if (!use.has_default && !is_other) needed_.push_back(use.name);
    }
}

bool JobRows::next(Row& row, TableProblem& problem) {
    while (reader_.next(row, problem)) {
        if (!job_.skips_blank) return true;
        values_ = row.cells;
        values_.insert(values_.end(), others_.begin(), others_.end());
        if (has_words() || !has_cells(row)) return true;
        ++left_out_;
    }
    return false;
}

bool JobRows::has_cells(Row const& row) const {
    return std::all_of(needed_.begin(), needed_.end(),
                       [&](std::string const& name) { return job_.table->has_cell(row, name); });
}

/// Returns true if one of the row's prompts is not blank: a job may have a list of them.
bool JobRows::has_words() const {
    constexpr std::uint64_t tried_max = 100;
    auto const texts = std::min(job_.words.count(), tried_max);
    for (std::uint64_t text = 0; text < texts; ++text) {
        auto const words = job_.words.expand(text, values_);
        bool const are_params = job_.service->params != nullptr && begins_with_param(trim(words));
        if (!trim(words).empty() && !are_params) return true;
    }
    return has_images();
}

/// Two images make a picture without any words.
bool JobRows::has_images() const {
    if (!job_.service->endpoint_at(job_.endpoint).source.empty()) return false;
    return std::count_if(job_.images.begin(), job_.images.end(),
                         [this](auto const& image) { return !fill(image, values_).empty(); }) >= 2;
}

std::optional<int> repeat_of(std::string const& text, Variables const& variables) {
    auto const filled = fill(text, variables);
    auto const number = trim(filled);
    if (number.empty()) return 1;
    auto const repeat = parse_whole<int>(number);
    return repeat && *repeat >= 1 && *repeat <= 1'000'000 ? repeat : std::nullopt;
}

} // namespace darkroom::jobs
