// Tables of prompts. Rows are read one at a time and never held in memory together.
#pragma once

#include "jobs/table/found_form.hpp"
#include "jobs/table/row.hpp"
#include "runner/base/clock.hpp"

#include <memory>

namespace darkroom::jobs {

class TableFile;
class FileRows;

/// Returns the format for the ending of a file's name: .csv .tsv .jsonl .ndjson .json .txt, each
/// also with .gz behind it; nothing for any other.
std::optional<TableFormat> format_of(std::string_view path);

/// The variable that tells the rows of several files apart: the file's name without its ending.
constexpr std::string_view file_variable = "file";

/// One file or several, one after the other. Immutable; many readers may walk through it.
class Table {
public:
    using Place = TablePlace;
    /// Opens a file and reads its header; null with a `problem`.
    static std::shared_ptr<Table const> open(Place place, TableProblem& problem);
    /// Opens several. Their rows have the variable `file`, unless a column has that name. Only a
    /// few stay open: each walk opens the others again.
    static std::shared_ptr<Table const> open_all(std::vector<Place> places, TableProblem& problem);
    ~Table();
    Table(Table const&) = delete;
    Table& operator=(Table const&) = delete;

    /// Returns the name for messages.
    std::string shown() const;
    /// Returns the name of a file, see Row::file.
    std::string const& shown(std::size_t file) const;
    /// The names of the columns of all files; of a JSON file those of its first row, others may
    /// follow.
    std::vector<std::string> const& columns() const { return columns_; }
    /// Returns true if columns() is complete.
    bool knows_columns() const { return knows_columns_; }
    bool has_many_files() const { return names_files_; }
    /// Returns true if the row has such a cell, be it an empty one.
    bool has_cell(Row const& row, std::string const& name) const;
    /// Returns where `columns` looks for a variable that a row of that file does not have, as in
    /// "'columns' looks for it at '/a'"; "" when it does not name it.
    std::string why_missing(std::size_t file, std::string const& name) const;
    /// Returns the paths of its files; "-" is standard input.
    std::vector<std::string> paths() const;
    /// Returns the forms of those files of which something was found out.
    std::vector<FoundForm> found() const;

private:
    friend class RowReader;
    Table() = default;
    void add_columns(std::vector<std::string> const& names);

    std::vector<std::shared_ptr<TableFile const>> files_; ///< Never empty.
    std::vector<std::string> columns_;
    bool knows_columns_ = true;
    bool names_files_ = false; ///< Rows have the variable `file`.
};

/// Walks through a table from its first row.
class RowReader {
public:
    explicit RowReader(std::shared_ptr<Table const> table);
    ~RowReader();

    /// Puts the next row into `row`, whose memory is reused; returns false at the end, or with a
    /// `problem`. Rows of blank cells only are left out. After a problem in a row the next call
    /// continues with the next row; after a problem with a file it continues with the next file.
    bool next(Row& row, TableProblem& problem);

private:
    void name_file(Row& row) const;

    std::shared_ptr<Table const> table_;
    std::size_t file_ = 0;
    std::unique_ptr<FileRows> rows_;
};

} // namespace darkroom::jobs
