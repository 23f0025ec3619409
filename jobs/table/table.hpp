// Tables of prompts. Rows are read one at a time and never held in memory together.
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

/// Returns the format for the ending of a file's name: .csv .tsv .jsonl .ndjson .txt; nothing for
/// any other.
std::optional<TableFormat> format_of(std::string_view path);

/// Limits of a table. A larger file is refused.
constexpr std::size_t row_bytes_max = std::size_t{1} << 20;
constexpr std::size_t cell_bytes_max = 65'536;
constexpr std::size_t columns_max = 200;
/// The limit of a pipe or a device, which is copied to a temporary file first.
constexpr std::uint64_t stream_bytes_max = std::uint64_t{1} << 30;

/// One row. Its cells are variables. An empty cell of a CSV or TSV file and a `null` of a JSONL
/// file define no variable.
struct Row {
    std::uint64_t line = 0; ///< In the file, from 1; of its first character.
    Variables cells;
};

/// An error in a table and its line; line 0 is the file as a whole.
struct TableProblem {
    std::uint64_t line = 0;
    std::string text; ///< Empty: no error.
};

/// An open table file, or what standard input gave, kept in a file without a name. Immutable; many
/// readers may walk through it.
class Table {
public:
    struct Place {
        std::string path;  ///< "-" for standard input.
        std::string shown; ///< The name in messages.
        TableFormat format = TableFormat::csv;
        std::uint64_t stream_max = stream_bytes_max;
    };
    /// Opens the file and reads its header; null with a `problem`. What can be read only once (a
    /// pipe) is copied to a temporary file first: it has an end, and a line end in each
    /// `row_bytes_max`.
    static std::shared_ptr<Table const> open(Place place, TableProblem& problem);
    ~Table();
    Table(Table const&) = delete;
    Table& operator=(Table const&) = delete;

    std::string const& shown() const { return place_.shown; }
    /// The names of the columns; of a JSONL file those of its first row, others may follow.
    std::vector<std::string> const& columns() const { return columns_; }
    /// Returns true if columns() is complete.
    bool knows_columns() const { return place_.format != TableFormat::jsonl; }

private:
    friend class RowReader;
    /// Detects a change of the file while it is read, which would give half of each version.
    struct Stamp {
        std::int64_t bytes = 0;
        std::int64_t seconds = 0; ///< Time of the last change.
        std::int64_t nanoseconds = 0;
        friend bool operator==(Stamp const&, Stamp const&) = default;
    };

    Table() = default;
    Result<> open_file();
    Result<> copy_stream();
    Result<> check_stream(std::string_view piece, std::uint64_t before);
    Result<Stamp> stamp() const;

    Place place_;
    int descriptor_ = -1;
    Stamp stamp_;
    std::vector<std::string> columns_;
    std::uint64_t line_bytes_ = 0; ///< Behind the last line end of a stream.
};

/// Walks through a table from its first row.
class RowReader {
public:
    explicit RowReader(std::shared_ptr<Table const> table);

    /// Puts the next row into `row`, whose memory is reused; returns false at the end, or with a
    /// `problem`. After a problem in a row the next call continues with the next row; after a
    /// problem with the file it does not.
    bool next(Row& row, TableProblem& problem);

private:
    friend class Table;
    /// A stretch of text that is a row, without its line end.
    struct Record {
        std::string_view text;
        std::uint64_t line = 0;
    };
    struct Stretch {
        std::size_t end = 0; ///< The end of the record; npos when it is not complete yet.
        bool quoted = false; ///< It contains a quotation mark.
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
    std::size_t from_ = 0;    ///< Everything before it has been read.
    std::size_t end_ = 0;     ///< Everything after it is unused.
    std::int64_t offset_ = 0; ///< In the file, of the end of the buffer.
    std::uint64_t line_ = 1;
    bool ended_ = false;
    std::size_t used_ = 0; ///< Cells of the row that is being read.
};

} // namespace darkroom::jobs
