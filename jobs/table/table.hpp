// Tables of prompts: rows read one at a time, as often as they are asked for, never held at once.
#pragma once

#include "jobs/language/prompt.hpp"
#include "runner/base/error.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

enum class TableFormat { csv, tsv, jsonl, txt };

/// By the ending of a file's name: .csv .tsv .jsonl .ndjson .txt; nothing for another one.
std::optional<TableFormat> format_of(std::string_view path);

/// Bounds of a table; a file beyond them is not one.
constexpr std::size_t row_bytes_max = std::size_t{1} << 20;
constexpr std::size_t cell_bytes_max = 65'536;
constexpr std::size_t columns_max = 200;

/// One row. Its cells are variables: an empty cell of a CSV or TSV file, or a `null` of a JSONL
/// one, is none.
struct Row {
    std::uint64_t line = 0; ///< In the file, from 1; of its first character.
    Variables cells;
};

/// What is wrong with a table, and in which line; 0: with the file as a whole.
struct TableProblem {
    std::uint64_t line = 0;
    std::string text; ///< Empty: nothing is.
};

/// An open table file, or what standard input gave, kept in a file without a name. Immutable; many
/// readers may walk through it.
class Table {
public:
    struct Place {
        std::string path;  ///< "-" for standard input.
        std::string shown; ///< How messages call it.
        TableFormat format = TableFormat::csv;
    };
    /// Opens the file and reads its header; null with a `problem`. What can be read only once (a
    /// pipe) is copied to a temporary file first.
    static std::shared_ptr<Table const> open(Place place, TableProblem& problem);
    ~Table();
    Table(Table const&) = delete;
    Table& operator=(Table const&) = delete;

    std::string const& shown() const { return place_.shown; }
    /// The names of the columns; of a JSONL file those of its first row, others may follow.
    std::vector<std::string> const& columns() const { return columns_; }
    /// Whether columns() are all there are.
    bool knows_columns() const { return place_.format != TableFormat::jsonl; }

private:
    friend class RowReader;
    /// A file that is written to while it is read would give half of each.
    struct Stamp {
        std::int64_t bytes = 0;
        std::int64_t seconds = 0; ///< Of the last change.
        std::int64_t nanoseconds = 0;
        friend bool operator==(Stamp const&, Stamp const&) = default;
    };

    Table() = default;
    Result<> open_file();
    Result<> copy_what_comes();
    Result<Stamp> stamp() const;

    Place place_;
    int descriptor_ = -1;
    Stamp stamp_;
    std::vector<std::string> columns_;
};

/// Walks through a table from its first row.
class RowReader {
public:
    explicit RowReader(std::shared_ptr<Table const> table);

    /// Puts the next row into `row`, whose memory is used again; false at the end, or with a
    /// `problem`. After a problem in a row it goes on with the next row; after one with the file
    /// there is none.
    bool next(Row& row, TableProblem& problem);

private:
    friend class Table;
    /// A stretch of text that is a row, without its line end.
    struct Record {
        std::string_view text;
        std::uint64_t line = 0;
    };
    struct Stretch {
        std::size_t end = 0; ///< Of the record; npos when it is not whole yet.
        bool quoted = false; ///< There is a quotation mark in it.
    };

    std::vector<std::string> read_names(TableProblem& problem);
    bool next_record(Record& record, TableProblem& problem);
    bool fill(TableProblem& problem);
    bool give_up(TableProblem& problem, std::string text);
    Stretch first_record() const;
    bool take_cells(Record const& record, Row& row, TableProblem& problem);
    bool take_object(Record const& record, Row& row, TableProblem& problem);
    bool take(std::string_view name, std::string_view value, Row& row, TableProblem& problem);

    std::shared_ptr<Table const> table_;
    std::string buffer_;
    std::size_t from_ = 0;    ///< What is before it has been read.
    std::size_t end_ = 0;     ///< What is behind it is no text.
    std::int64_t offset_ = 0; ///< In the file, of the end of the buffer.
    std::uint64_t line_ = 1;
    bool ended_ = false;
    std::size_t used_ = 0; ///< Cells of the row that is being made.
};

} // namespace darkroom::jobs
