#include "jobs/read/exclude_rules.hpp"

#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::jobs {

namespace {

void check_value(Axis const& axis, Text const& value, Findings& findings) {
    std::vector<std::string_view> const values(axis.values.begin(), axis.values.end());
    if (std::find(values.begin(), values.end(), value.value) != values.end()) return;
    findings.error(value.where, fmt::format("'{}' is not a value of '{}'{}", value.value, axis.name,
                                            did_you_mean(value.value, values)));
}

} // namespace

std::vector<Variables> read_exclude(JobDraft const& draft, std::vector<Axis> const& matrix,
                                    Findings& findings) {
    std::vector<std::string_view> axes;
    for (auto const& axis : matrix) axes.push_back(axis.name);
    std::vector<Variables> rules;
    for (auto const& rule : draft.exclude) {
        Variables pairs;
        for (auto const& [name, value, inherited] : rule) {
            auto const axis = std::find(axes.begin(), axes.end(), name.value);
            if (axis == axes.end()) {
                findings.error(name.where, fmt::format("'{}' is not a key of 'matrix'{}",
                                                       name.value, did_you_mean(name.value, axes)));
                continue;
            }
            check_value(matrix[static_cast<std::size_t>(axis - axes.begin())], value, findings);
            pairs.emplace_back(name.value, value.value);
        }
        if (!pairs.empty()) rules.push_back(std::move(pairs));
    }
    return rules;
}

} // namespace darkroom::jobs
