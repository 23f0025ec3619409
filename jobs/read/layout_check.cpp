#include "jobs/read/layout_check.hpp"

#include "jobs/model/job_spec.hpp"
#include "jobs/model/layout.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

namespace {

/// Returns the variables that items of `file` can have; nothing when only the rows define them.
std::optional<std::set<std::string_view>> variables_of(JobFile const& file) {
    std::set<std::string_view> names;
    for (auto const& job : file.jobs) {
        for (auto const& variable : job->vars) names.insert(variable.first);
        for (auto const& axis : job->matrix) names.insert(axis.name);
        if (!job->table) continue;
        if (!job->table->knows_columns()) return std::nullopt;
        names.insert(job->table->columns().begin(), job->table->columns().end());
    }
    return names;
}

} // namespace

void check_layout(Member const& layout, Findings& findings) {
    auto const& written = *layout.value;
    auto const fault = read_layout(written.text).fault;
    if (!fault) return;
    findings.error(findings.inside(written.where, written.text, fault->offset),
                   "'layout' " + fault->text);
}

void check_layout_variables(Member const& output, JobFile const& file, Findings& findings) {
    auto const* layout = output.value->find("layout");
    auto const names = variables_of(file);
    if (!layout || !names) return;
    auto const& written = *layout->value;
    std::vector<std::string_view> const known(names->begin(), names->end());
    for (auto const& part : read_layout(written.text).parts) {
        if (part.field != LayoutField::variable || names->contains(part.text)) continue;
        findings.warning(findings.inside(written.where, written.text, part.offset),
                         fmt::format("'layout': no job has a variable '{}', which leaves a gap in "
                                     "the names of the files{}",
                                     part.text, did_you_mean(part.text, known)));
    }
}

} // namespace darkroom::jobs
