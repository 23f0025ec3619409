// Cells and rows of CSV as RFC 4180 has them. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace darkroom::exports {

/// Says what becomes of a cell that a spreadsheet would take for a formula.
enum class Cells { as_they_are, safe };

/// Appends a row with its line end, CR LF. A cell stands in quotes where it has to. With
/// Cells::safe one that begins with = + - @, a tab or CR gets a ' in front.
void append_csv_row(std::string& text, std::span<std::string const> cells, Cells kind);

} // namespace darkroom::exports
