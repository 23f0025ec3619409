// A row in JSON, with values that JSON has no form for or that no other reader takes. Pure.
#pragma once

#include "runner/base/json.hpp"

#include <cstddef>
#include <string_view>

namespace darkroom::jobs {

/// Levels of a row.
constexpr std::size_t row_depth_max = 1000;

/// Reads a row. A number of any size is a number or a text, as it is written. NaN, Infinity and
/// halves of surrogate pairs are read as texts with a zero byte: see why_no_cell().
Result<json::Value> read_json_row(std::string_view text);

/// Returns why a text with a zero byte cannot be a cell: "is NaN: …".
std::string_view why_no_cell(std::string_view text);

} // namespace darkroom::jobs
