#include "jobs/read/job_size.hpp"

#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::jobs {

namespace {

/// A sample is drawn from at most this many texts: their numbers become part of file names.
constexpr std::uint64_t drawn_from_max = 1'000'000'000'000'000'000;

/// Returns false when the rules of `exclude` cannot be counted.
bool count_combinations(JobSpec& job, Where const& where, JobContext& context) {
    if (context.counting_left == 0 && !job.exclude.empty()) return false; // reported already
    bool const is_worn = context.counting_left < Combinations::counting_max;
    auto work = std::min(context.counting_left, Combinations::counting_max);
    context.counting_left -= work;
    Combinations const combinations(job, &work);
    context.counting_left += work;
    job.combinations = combinations.count();
    if (combinations.is_countable()) return true;
    auto const* const whose = is_worn ? "the jobs of this file have" : "this job has";
    context.findings.error(where,
                           fmt::format("{} too many entangled rules of 'exclude' to count what "
                                       "they leave: write fewer",
                                       whose));
    return false;
}

} // namespace

void check_job_size(JobSpec& job, JobPlaces const& where, JobContext& context) {
    if (!count_combinations(job, where.entry, context)) return;
    auto const texts = count_texts(job);
    auto const items = count_items(job);
    if (texts == 0)
        return context.findings.error(where.entry, "'exclude' leaves nothing of this job");
    if (items > items_max)
        context.findings.error(where.entry,
                               fmt::format("this job has more than {} items", items_max));
    else if (job.max_items && items > *job.max_items)
        context.findings.error(
            where.max_items,
            fmt::format("this job has {} items, more than its 'max_items'", items));
    if (!job.sample) return;
    if (job.expand && job.rows > sample_max)
        return context.findings.error(where.entry,
                                      fmt::format("a sample of cells that are prompts ('expand') "
                                                  "takes a table of {} rows at most",
                                                  sample_max));
    if (texts > drawn_from_max)
        context.findings.error(where.entry, "this job has too many prompts to draw a sample from");
    else if (texts < job.sample->count)
        context.findings.warning(where.entry,
                                 fmt::format("the sample takes all {} there are", texts));
}

void check_blank(JobSpec const& job, Template const& words, Where const& where,
                 Findings& findings) {
    constexpr std::uint64_t tried_max = 10'000;
    if (!words.may_be_blank()) return;
    Combinations combinations(job);
    auto values = job.vars;
    for (auto const& axis : job.matrix) values.emplace_back(axis.name, "");
    auto const texts = std::min(times(combinations.count(), words.count()), tried_max);
    for (std::uint64_t text = 0; text < texts; ++text) {
        auto const chosen = combinations.at(text / words.count());
        for (std::size_t i = 0; i < chosen.size(); ++i)
            values[job.vars.size() + i].second = job.matrix[i].values[chosen[i]];
        if (!trim(words.expand(text % words.count(), values)).empty()) continue;
        findings.error(where, fmt::format("text {} of this 'prompt' is empty", text + 1));
        return;
    }
}

} // namespace darkroom::jobs
