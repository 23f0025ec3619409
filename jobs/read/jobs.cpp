// Reads `jobs:` and `defaults:`. job_checker.cpp checks each job after the merge with the defaults.
#include "jobs/read/jobs.hpp"

#include "jobs/read/job_checker.hpp"
#include "jobs/read/settings.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace darkroom::jobs {

namespace {

constexpr std::size_t jobs_max = 20'000;
constexpr std::size_t merged_max = 2'000'000; // values of the defaults, counted for each job

/// Returns the id of each entry; `job-3` for the third when it has none.
class Ids {
public:
    explicit Ids(Findings& findings) : findings_(findings) {}

    std::string of(Member const& entry, std::size_t number) {
        auto const* member = entry.value->find("id");
        if (!member) return fmt::format("job-{}", number);
        auto const id = text_of(*member, findings_);
        if (!id) return {};
        auto const& where = member->value->where;
        if (!is_slug(*id))
            findings_.error(where,
                            fmt::format("'{}' is not an id: letters, digits, '.', '_' and '-', "
                                        "beginning with a letter or digit",
                                        *id));
        auto const [first, is_new] = lines_.emplace(*id, findings_.line_of(where));
        if (!is_new)
            findings_.error(
                where, fmt::format("id '{}' is taken by the job in line {}", *id, first->second));
        return *id;
    }

private:
    Findings& findings_;
    std::map<std::string, int> lines_;
};

} // namespace

std::vector<std::shared_ptr<JobSpec const>> read_jobs(Member const& jobs, Member const* defaults,
                                                      JobContext& context) {
    auto& findings = context.findings;
    auto const shared = defaults ? defaults->value->size : 0;
    if (jobs.value->items.size() > jobs_max || shared * jobs.value->items.size() > merged_max) {
        findings.error(jobs.where, fmt::format("{} jobs with {} values of defaults each are too "
                                               "many: use 'matrix' within a job",
                                               jobs.value->items.size(), shared));
        return {};
    }
    JobDraft base;
    base.service = &context.service;
    base.kind = &context.service.kinds.front();
    if (defaults) overlay_job_keys(base, *defaults, false, findings);
    std::vector<std::shared_ptr<JobSpec const>> list;
    if (jobs.value->is_list() && jobs.value->items.empty())
        needs(jobs, "at least one job", findings);
    Ids ids(findings);
    std::uint64_t items = 0;
    for (auto const& entry : elements_of(jobs, findings)) {
        if (findings.is_full()) break;
        auto id = ids.of(entry, list.size() + 1);
        auto draft = base;
        overlay_job_keys(draft, entry, true, findings);
        auto const errors_before = findings.errors();
        auto spec = check_job(std::move(draft), {std::move(id), entry.where}, context);
        bool const is_fine = findings.errors() == errors_before;
        auto const own = is_fine ? std::min(count_items(spec), items_max) : 0;
        if (own < items_max && items <= items_max && items + own > items_max)
            findings.error(entry.where,
                           fmt::format("with this job the file has more than {} items", items_max));
        items += own;
        list.push_back(std::make_shared<JobSpec const>(std::move(spec)));
    }
    return list;
}

} // namespace darkroom::jobs
