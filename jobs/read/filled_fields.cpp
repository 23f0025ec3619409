#include "jobs/read/filled_fields.hpp"

#include "jobs/plan/job_rows.hpp"
#include "jobs/read/row_variables.hpp"
#include "jobs/services/addresses.hpp"
#include "jobs/services/field_values.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::jobs {

namespace {

bool check_value(FilledField const& need, Variables const& values, Where const& where,
                 Findings& findings) {
    auto const filled = fill(need.text, values);
    bool const is_address = need.field == nullptr || need.field->is_address();
    bool const is_left_out = filled.empty() && !need.is_required;
    auto wrong = is_address ? gap_in_address(need.text, values) : std::string();
    if (is_address && wrong.empty() && !is_left_out) wrong = wrong_address(filled);
    if (!is_address && !filled.empty() && !field_value(*need.field, filled))
        wrong =
            fmt::format("'{}' needs {}, not '{}'", need.field->key, values_of(*need.field), filled);
    if (!wrong.empty()) findings.error(where, wrong);
    return wrong.empty();
}

} // namespace

std::vector<VariableUse> uses_in(std::string_view text) {
    std::vector<TextProblem> ignored; // check_fill() has reported them
    return variables_in(text, ignored);
}

Variables first_values(JobSpec const& spec) {
    auto values = spec.vars;
    for (auto const& axis : spec.matrix) values.emplace_back(axis.name, axis.values.front());
    return values;
}

bool check_filled(FilledField const& field, Where const& where, JobSpec const& spec,
                  Findings& findings) {
    auto const uses = uses_in(field.text);
    auto const uses_name = [&uses](std::string const& name) {
        return std::any_of(uses.begin(), uses.end(),
                           [&name](VariableUse const& use) { return use.name == name; });
    };
    bool const of_row = std::any_of(uses.begin(), uses.end(), [&spec](VariableUse const& use) {
        return is_of_row(use.name, spec);
    });
    if (of_row) return true;
    auto const first = first_values(spec);
    if (!check_value(field, first, where, findings)) return false;
    for (auto const& axis : spec.matrix) {
        if (!uses_name(axis.name)) continue;
        auto values = first;
        auto const slot = std::find_if(values.begin(), values.end(),
                                       [&](auto const& pair) { return pair.first == axis.name; });
        for (auto const& value : axis.values) {
            slot->second = value;
            if (!check_value(field, values, where, findings)) return false;
        }
    }
    return false;
}

void read_repeat(Text const& text, JobSpec& spec, Findings& findings) {
    if (!is_one_variable(text.value))
        return findings.error(text.where, "'repeat' takes a number or one variable, as in "
                                          "\"{{count}}\" or \"{{count|2}}\"");
    for (auto const& use : uses_in(text.value)) {
        if (is_axis(use.name, spec))
            return findings.error(text.where, "'repeat' can't be a key of 'matrix'");
    }
    if (spec.sample)
        return findings.error(text.where,
                              "'repeat' from a variable and 'sample' exclude each other");
    if (spec.table && spec.expand)
        return findings.error(text.where,
                              "'repeat' from a variable and 'expand' exclude each other");
    if (spec.table) {
        spec.repeat_from = text.value;
        return;
    }
    auto const repeat = repeat_of(text.value, spec.vars);
    if (!repeat)
        findings.error(text.where, fmt::format("'repeat' needs a number from 1 to 1000000, not "
                                               "'{}'",
                                               fill(text.value, spec.vars)));
    spec.repeat = repeat.value_or(1);
}

} // namespace darkroom::jobs
