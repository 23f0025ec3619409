#include "jobs/read/row_variables.hpp"

#include <algorithm>

namespace darkroom::jobs {

bool is_axis(std::string const& name, JobSpec const& spec) {
    return std::any_of(spec.matrix.begin(), spec.matrix.end(),
                       [&name](Axis const& axis) { return axis.name == name; });
}

bool is_of_row(std::string const& name, JobSpec const& spec) {
    if (!spec.table) return false;
    auto const& columns = spec.table->columns();
    if (std::find(columns.begin(), columns.end(), name) != columns.end()) return true;
    auto const same = [&name](auto const& variable) { return variable.first == name; };
    return std::none_of(spec.vars.begin(), spec.vars.end(), same) && !is_axis(name, spec);
}

} // namespace darkroom::jobs
