#include "jobs/table/cells.hpp"

#include <utility>

namespace darkroom::jobs {

namespace {

using Quotes = Division::Quotes;

constexpr auto no_end = std::string_view::npos;

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

/// Returns the record that ends at `at`. Behind a CR at the end of a text, LF may follow.
RecordEnd record_to(std::string_view text, std::size_t at, bool has_quotes, bool is_last) {
    if (at == no_end) return {no_end, no_end, has_quotes};
    bool const is_open = text[at] == '\r' && at + 1 == text.size() && !is_last;
    if (is_open) return {no_end, no_end, has_quotes};
    return {at, at + line_end_length(text, at), has_quotes};
}

/// Returns true when each line of `record` has a cell for every column, quotes or not: its quoted
/// cell over several lines is then no cell, but the marks of two rows.
bool is_rows(std::string_view record, Division const& division) {
    if (division.columns < 2) return false;
    std::size_t cells = 1;
    for (std::size_t at = 0; at < record.size(); ++at) {
        if (is_line_end(record[at])) {
            if (cells != division.columns) return false;
            cells = 1;
            at += line_end_length(record, at) - 1;
        } else if (record[at] == division.delimiter) {
            ++cells;
        }
    }
    return cells == division.columns;
}

RecordEnd find_strict(std::string_view text, Division const& division, bool is_last) {
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
        } else if (is_line_end(c)) {
            return record_to(text, at, true, is_last);
        }
        begins = !inside && c == division.delimiter;
    }
    return {no_end, no_end, true};
}

RecordEnd find_lenient(std::string_view text, std::size_t first_line, Division const& division,
                       bool is_last) {
    auto const is_end = [&division](char c) { return c == division.delimiter || is_line_end(c); };
    auto const ends_cell = [&](std::size_t at) { return at == text.size() || is_end(text[at]); };
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '"') {
            auto const length = quoted_end(text.substr(at));
            // The character behind the last mark of an incomplete text decides what it is.
            bool const is_open = length == no_end || at + length == text.size();
            if (is_open && !is_last) return {no_end, no_end, true};
            if (length != no_end && ends_cell(at + length)) at += length;
        }
        auto stop = at; // find_first_of() would search its set for every byte
        while (stop < text.size() && !is_end(text[stop])) ++stop;
        if (stop == text.size()) break;
        if (text[stop] != division.delimiter) {
            bool const is_one = stop == first_line;
            bool const ends_here = is_one || !is_rows(text.substr(0, stop), division);
            return record_to(text, ends_here ? stop : first_line, true, is_last);
        }
        at = stop + 1;
    }
    bool const ends_first = is_last && first_line != no_end && is_rows(text, division);
    return record_to(text, ends_first ? first_line : no_end, true, is_last);
}

} // namespace

std::size_t line_end_length(std::string_view text, std::size_t at) {
    return text.substr(at).starts_with("\r\n") ? 2 : 1;
}

RecordEnd find_record_end(std::string_view text, Division const& division, bool is_last) {
    return find_record_end(text, text.find_first_of(line_ends), division, is_last);
}

RecordEnd find_record_end(std::string_view text, std::size_t line_end, Division const& division,
                          bool is_last) {
    bool const has_quotes =
        division.quotes != Quotes::none && text.substr(0, line_end).find('"') != no_end;
    if (!has_quotes) return record_to(text, line_end, false, is_last);
    return division.quotes == Quotes::strict ? find_strict(text, division, is_last)
                                             : find_lenient(text, line_end, division, is_last);
}

void LineEnds::set_text(std::string_view text, std::size_t from) {
    text_ = text;
    cr_ = text.find('\r', from);
    lf_ = text.find('\n', from);
}

std::uint64_t LineCount::in(std::string_view piece) {
    if (piece.empty()) return 0;
    auto lines = static_cast<std::uint64_t>(std::count(piece.begin(), piece.end(), '\n'));
    bool is_behind_cr = std::exchange(is_behind_cr_, piece.back() == '\r');
    if (is_behind_cr && piece.front() == '\n') --lines; // its CR was counted
    for (auto at = piece.find('\r'); at != no_end; at = piece.find('\r', at + 1)) {
        bool const is_pair = at + 1 < piece.size() && piece[at + 1] == '\n';
        lines += is_pair ? 0 : 1;
    }
    return lines;
}

std::string torn_cell(Division const& division, bool is_open) {
    std::string text = is_open ? "a quotation mark is never closed"
                               : "text behind a closing quotation mark: within quotes, write it "
                                 "twice";
    // Files with tabs are mostly written without any rule for quotes.
    if (division.delimiter == '\t') text += "; 'format: tsv' reads files without rules for quotes";
    return text;
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
