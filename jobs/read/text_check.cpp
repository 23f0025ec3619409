#include "jobs/read/text_check.hpp"

#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace darkroom::jobs {

namespace {

void check_names(Text const& text, std::span<VariableUse const> uses,
                 std::vector<std::string> const* names, Findings& findings) {
    if (!names) return;
    std::vector<std::string_view> const known(names->begin(), names->end());
    for (auto const& use : uses) {
        if (findings.is_full()) return;
        bool const defined = std::find(known.begin(), known.end(), use.name) != known.end();
        if (use.has_default || defined || !is_variable_name(use.name)) continue;
        auto const hint =
            known.empty() ? ": define it in 'vars' or 'matrix'" : did_you_mean(use.name, known);
        findings.error(findings.inside(text.where, text.value, use.offset),
                       fmt::format("undefined variable '{{{{{}}}}}'{}", use.name, hint));
    }
}

void report(Text const& text, std::span<TextProblem const> problems, Findings& findings) {
    for (auto const& problem : problems)
        findings.error(findings.inside(text.where, text.value, problem.offset), problem.text);
}

} // namespace

Template read_template(Text const& text, std::vector<std::string> const* names, Findings& findings,
                       ChoiceSource* wildcards) {
    std::vector<TextProblem> problems;
    auto read = Template::parse(text.value, problems, wildcards);
    report(text, problems, findings);
    check_names(text, read.variables(), names, findings);
    return read;
}

void check_fill(Text const& text, std::vector<std::string> const* names, Findings& findings) {
    std::vector<TextProblem> problems;
    auto const uses = variables_in(text.value, problems);
    report(text, problems, findings);
    check_names(text, uses, names, findings);
}

} // namespace darkroom::jobs
