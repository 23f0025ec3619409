// The text of a table as records and cells: separators, quotes, line ends. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
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
    char delimiter = '\0';   ///< None: a record is one cell.
    std::size_t columns = 0; ///< The number in the header; 0 while it is read.
};

/// A record at the front of a text.
struct RecordEnd {
    std::size_t end = std::string_view::npos;  ///< npos: it is not complete.
    std::size_t next = std::string_view::npos; ///< The start of the next one.
    bool has_quotes = false;
};

/// The characters that end a line, alone or as CR LF.
constexpr std::string_view line_ends = "\r\n";

/// Returns the length of the line end at `at`: 2 for CR LF.
std::size_t line_end_length(std::string_view text, std::size_t at);

/// Finds the end of the first record of `text`. `is_last`: nothing follows the text.
RecordEnd find_record_end(std::string_view text, Division const& division, bool is_last);
/// Does the same where the first line end is known, npos for none.
RecordEnd find_record_end(std::string_view text, std::size_t line_end, Division const& division,
                          bool is_last);

/// Finds the line ends of one text in their order. A text that has no CR is searched for one once.
class LineEnds {
public:
    /// Begins with a text, at `from`.
    void set_text(std::string_view text, std::size_t from);
    /// Returns the position of the first CR or LF from `from` on, or npos.
    std::size_t find(std::size_t from) {
        if (cr_ < from) cr_ = text_.find('\r', from);
        if (lf_ < from) lf_ = text_.find('\n', from);
        return std::min(cr_, lf_);
    }

private:
    std::string_view text_;
    std::size_t cr_ = std::string_view::npos;
    std::size_t lf_ = std::string_view::npos;
};

/// Counts the line ends of a text that comes in pieces.
class LineCount {
public:
    std::uint64_t in(std::string_view piece);

private:
    bool is_behind_cr_ = false;
};

/// Returns the error of a quoted cell. `is_open`: its quotation mark is never closed.
std::string torn_cell(Division const& division, bool is_open);

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
                wrong = torn_cell(division, is_open);
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
