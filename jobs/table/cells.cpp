#include "jobs/table/cells.hpp"

namespace darkroom::jobs {

namespace {

using Quotes = Division::Quotes;

constexpr auto no_end = std::string_view::npos;

/// Returns true when a record or a cell may end at `at`.
bool ends_cell(std::string_view text, std::size_t at, Division const& division) {
    if (at == text.size()) return true;
    char const c = text[at];
    bool const crlf = c == '\r' && at + 1 < text.size() && text[at + 1] == division.line_end;
    return c == division.delimiter || c == division.line_end || crlf;
}

/// Returns true when each line of `record` has a cell for every column, quotes or not: its quoted
/// cell over several lines is then no cell, but the marks of two rows.
bool is_rows(std::string_view record, Division const& division) {
    if (division.columns < 2) return false;
    std::size_t cells = 1;
    for (char const c : record) {
        if (c == division.line_end) {
            if (cells != division.columns) return false;
            cells = 1;
        } else if (c == division.delimiter) {
            ++cells;
        }
    }
    return cells == division.columns;
}

RecordEnd find_strict(std::string_view text, Division const& division) {
    bool inside = false;
    bool begins = true; // a quotation mark counts at the beginning of a cell only
    for (std::size_t at = 0; at < text.size(); ++at) {
        char const c = text[at];
        if (inside) {
            bool const doubled = c == '"' && at + 1 < text.size() && text[at + 1] == '"';
            if (doubled)
                ++at;
            else if (c == '"')
                inside = false;
        } else if (c == '"' && begins) {
            inside = true;
        } else if (c == division.line_end) {
            return {at, true};
        }
        begins = !inside && c == division.delimiter;
    }
    return {no_end, true};
}

RecordEnd find_lenient(std::string_view text, Division const& division, bool is_last) {
    auto const first_line = text.find(division.line_end);
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '"') {
            auto const length = quoted_end(text.substr(at));
            // What is behind the last mark of an incomplete text decides what it is.
            auto const behind = length == no_end ? std::string_view() : text.substr(at + length);
            bool const is_open = behind.empty() || behind == "\r";
            if (is_open && !is_last) return {no_end, true};
            if (length != no_end && ends_cell(text, at + length, division)) at += length;
        }
        auto const stop = text.find_first_of(
            std::string_view(std::string{division.delimiter, division.line_end}), at);
        if (stop == no_end) break;
        if (text[stop] == division.line_end) {
            bool const is_one = stop == first_line;
            if (!is_one && is_rows(text.substr(0, stop), division)) return {first_line, true};
            return {stop, true};
        }
        at = stop + 1;
    }
    if (is_last && first_line != no_end && is_rows(text, division)) return {first_line, true};
    return {no_end, true};
}

} // namespace

RecordEnd find_record_end(std::string_view text, Division const& division, bool is_last) {
    auto const line_end = text.find(division.line_end);
    if (division.quotes == Quotes::none) return {line_end, false};
    if (text.substr(0, line_end).find('"') == no_end) return {line_end, false};
    return division.quotes == Quotes::strict ? find_strict(text, division)
                                             : find_lenient(text, division, is_last);
}

std::size_t quoted_end(std::string_view text) {
    for (std::size_t at = text.find('"', 1); at != no_end; at = text.find('"', at + 2)) {
        if (at + 1 == text.size() || text[at + 1] != '"') return at + 1;
    }
    return no_end;
}

void unquote(std::string_view quoted, std::string& into) {
    into.clear();
    quoted = quoted.substr(1, quoted.size() - 2);
    for (auto at = quoted.find('"'); at != no_end; at = quoted.find('"')) {
        into += quoted.substr(0, at + 1); // two of them stand for one
        quoted.remove_prefix(at + 2);
    }
    into += quoted;
}

} // namespace darkroom::jobs
