// The rows that an export wants.
#pragma once

#include "runner/export/options.hpp"
#include "runner/export/row_source.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace darkroom::exports {

using Sources = std::vector<std::unique_ptr<RowSource>>;

/// Returns whether the jobs and the variables of a filter allow a row. Pure.
bool matches(Filter const& filter, engine::ManifestRow const& row);

/// A row on its way through an export.
struct ChosenRow {
    ListedRow const& listed; ///< Valid while it is passed.
    std::size_t source = 0;  ///< Its place among the sources.
    bool is_chosen = false;  ///< The whole filter allows it.
};

/// Passes the rows of all sources to `take`, in the order of the sources and the lines. Those that
/// the filter does not allow are passed as well, and say so. Errors: of a source, of `take`.
Result<> for_each_row(Sources const& sources, Filter const& filter,
                      std::function<Result<>(ChosenRow const&)> const& take);

} // namespace darkroom::exports
