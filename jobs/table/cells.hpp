// The text of a table as records and cells: separators, quotes, line ends. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace darkroom::jobs {

/// The rules by which the text of a table is divided.
struct Division {
    enum class Quotes {
        none,   ///< A quotation mark is a character like any other.
        strict, ///< A cell that begins with one ends with one: else it is torn, an error.
        lenient ///< A cell that begins with one and is torn was never quoted.
    } quotes = Quotes::none;
    char delimiter = '\0'; ///< None: a record is one cell.
    char line_end = '\n';
    std::size_t columns = 0; ///< The number in the header; 0 while it is read.
};

/// A record at the front of a text.
struct RecordEnd {
    std::size_t end = std::string_view::npos; ///< npos: it is not complete.
    bool has_quotes = false;
};

/// Finds the end of the first record of `text`. `is_last`: nothing follows the text.
RecordEnd find_record_end(std::string_view text, Division const& division, bool is_last);

/// Returns the position behind the closing mark of the quoted cell at the front of `text`. npos:
/// it is never closed. The cell is torn when neither a delimiter nor the end of the record follows.
std::size_t quoted_end(std::string_view text);

/// Calls `take` with each cell of a record; false, with what is wrong in `wrong`, when it is none.
template <class Take>
bool each_cell(std::string_view record, Division const& division, std::string& wrong,
               Take const& take);

/// The quoted cell in front of `record` without its quotes and without doubled ones.
void unquote(std::string_view quoted, std::string& into);

template <class Take>
bool each_cell(std::string_view record, Division const& division, std::string& wrong,
               Take const& take) {
    std::string unescaped;
    bool const has_quotes = division.quotes != Division::Quotes::none;
    for (bool more = true; more;) {
        if (has_quotes && record.starts_with('"')) {
            auto const end = quoted_end(record);
            bool const is_open = end == std::string_view::npos;
            bool const is_whole =
                !is_open && (end == record.size() || record[end] == division.delimiter);
            if (is_whole) {
                unquote(record.substr(0, end), unescaped);
                more = end < record.size();
                record.remove_prefix(more ? end + 1 : end);
                take(std::string_view(unescaped));
                continue;
            }
            if (division.quotes == Division::Quotes::strict) {
                wrong = is_open ? "a quotation mark is never closed"
                                : "text behind a closing quotation mark: within quotes, write it "
                                  "twice";
                return false;
            }
        }
        auto const stop = record.find(division.delimiter);
        auto const cell = record.substr(0, stop);
        if (division.quotes == Division::Quotes::strict && cell.starts_with(' ')) {
            auto const first = cell.find_first_not_of(' ');
            if (first != std::string_view::npos && cell[first] == '"') {
                wrong = "a blank before a quotation mark: quotes begin a cell, or belong to it "
                        "and are written twice within quotes";
                return false;
            }
        }
        more = stop != std::string_view::npos;
        record.remove_prefix(more ? stop + 1 : record.size());
        take(cell);
    }
    return true;
}

} // namespace darkroom::jobs
