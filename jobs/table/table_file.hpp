// One file of a table: its bytes, its header, and a walk through its rows.
#pragma once

#include "jobs/table/cells.hpp"
#include "jobs/table/found_form.hpp"
#include "jobs/table/json_list.hpp"
#include "jobs/table/json_pointer.hpp"
#include "jobs/table/row.hpp"
#include "jobs/table/text_source.hpp"
#include "runner/base/error.hpp"

#include <memory>

namespace darkroom::jobs {

class OpenFile;

/// A file of a table, or what standard input gave, kept in a file without a name. Immutable; many
/// readers may walk through it.
class TableFile {
public:
    /// Opens the file and reads its header; null with a `problem`. What can be read only once (a
    /// pipe) is copied to a temporary file first: it has an end, and a line end in each
    /// `row_bytes_max`. `stays_open`: else each walk opens it again.
    static std::shared_ptr<TableFile const> open(TablePlace place, bool stays_open,
                                                 TableProblem& problem);

    TablePlace const& place() const { return place_; }
    /// The names of the columns; of a JSON file those of its first row, others may follow.
    std::vector<std::string> const& columns() const { return columns_; }
    /// Returns true if columns() is complete.
    bool knows_columns() const;
    FoundForm found() const;
    /// Returns where `columns` looks for a variable; "" when it does not name it.
    std::string source_of(std::string const& name) const;
    /// The name of the file without folders and endings.
    std::string stem() const;

private:
    friend class FileRows;
    /// Detects a change of the file while it is read, which would give half of each version.
    struct Stamp {
        std::uint64_t file = 0;
        std::int64_t bytes = 0;
        std::int64_t seconds = 0; ///< Time of the last change.
        std::int64_t nanoseconds = 0;
        friend bool operator==(Stamp const&, Stamp const&) = default;
    };
    /// A column that the job file names by a pointer.
    struct Pointed {
        std::string name;
        std::string from;
        PointerSteps steps;
    };

    TableFile() = default;
    static Result<Stamp> stamp_of(OpenFile const& file);
    Result<> open_file(bool stays_open);
    Result<std::shared_ptr<OpenFile const>> opened() const;
    void read_header(class FileRows& rows, TableProblem& problem);
    void divide(std::string_view piece, bool is_whole);
    void name_columns(std::vector<std::string> names, TableProblem& problem);
    void read_pointers();
    bool has_header() const;

    TablePlace place_;
    std::shared_ptr<OpenFile const> file_; ///< Null: each walk opens it again.
    Stamp stamp_;
    Division division_;
    std::size_t skipped_ = 0; ///< Bytes of a line in front that is no row.
    bool is_gzip_ = false;
    bool ends_lines_with_cr_ = false;
    std::string encoding_;
    std::vector<std::string> cells_; ///< The name of each cell of a row; "": it is left out.
    std::vector<std::string> columns_;
    std::vector<Pointed> pointed_;
};

/// Walks through a file from its first row.
class FileRows {
public:
    explicit FileRows(std::shared_ptr<TableFile const> table);
    ~FileRows();

    /// Puts the next row into `row`, whose memory is reused; returns false at the end, or with a
    /// `problem`. Rows of blank cells only are left out. After a problem in a row the next call
    /// continues with the next row; after a problem with the file it does not.
    bool next(Row& row, TableProblem& problem);

private:
    friend class TableFile;
    /// A stretch of text that is a row, without its line end.
    struct Record {
        std::string_view text;
        std::uint64_t line = 0;
    };

    /// Reads the beginning of the file, and returns it.
    std::string_view beginning(TableProblem& problem);
    bool is_whole() const { return ended_; }
    std::vector<std::string> read_names(TableProblem& problem);
    bool start(TableProblem& problem);
    bool next_record(Record& record, TableProblem& problem);
    bool next_line(Record& record, TableProblem& problem);
    bool next_element(Record& record, TableProblem& problem);
    bool next_page(Record& record, TableProblem& problem);
    bool is_text(Record const& record, TableProblem& problem);
    void pass(std::size_t end);
    void make_room();
    bool fill(TableProblem& problem);
    bool give_up(TableProblem& problem, std::string text);
    bool take_row(Record const& record, Row& row, TableProblem& problem);
    bool take_cells(Record const& record, Row& row, TableProblem& problem);
    bool take_json(Record const& record, Row& row, TableProblem& problem);
    void take_value(std::string_view name, json::Value const& value, Row& row);
    void take(std::string_view name, std::string_view value, Row& row);
    void take_text(std::string_view name, std::string_view value, Row& row);

    std::shared_ptr<TableFile const> table_;
    std::shared_ptr<OpenFile const> file_;
    std::unique_ptr<TextSource> source_;
    JsonList list_;
    std::string buffer_;
    LineEnds line_ends_;   ///< Those of the buffer.
    LineCount passed_;     ///< Lines that pass() goes over.
    std::size_t from_ = 0; ///< Everything before it has been read.
    std::size_t end_ = 0;  ///< Everything after it is unused.
    std::uint64_t line_ = 1;
    std::uint64_t header_line_ = 0;
    bool started_ = false;
    bool ended_ = false;
    bool failed_ = false;            ///< The file cannot be read any further.
    std::size_t used_ = 0;           ///< Cells of the row that is being read.
    bool has_unnamed_words_ = false; ///< The row has a cell that is not blank in no column.
};

} // namespace darkroom::jobs
