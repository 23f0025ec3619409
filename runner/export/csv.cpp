#include "runner/export/csv.hpp"

namespace darkroom::exports {

namespace {

bool is_formula(std::string_view cell) {
    return !cell.empty() && std::string_view("=+-@\t\r").find(cell.front()) != cell.npos;
}

void append_cell(std::string& text, std::string_view cell, Cells kind) {
    bool const is_marked = kind == Cells::safe && is_formula(cell);
    bool const is_quoted = cell.find_first_of("\",\r\n") != cell.npos;
    if (is_quoted) text += '"';
    if (is_marked) text += '\'';
    for (auto const c : cell) {
        if (c == '"') text += '"';
        text += c;
    }
    if (is_quoted) text += '"';
}

} // namespace

void append_csv_row(std::string& text, std::span<std::string const> cells, Cells kind) {
    bool is_first = true;
    for (auto const& cell : cells) {
        if (!is_first) text += ',';
        is_first = false;
        append_cell(text, cell, kind);
    }
    text += "\r\n";
}

} // namespace darkroom::exports
