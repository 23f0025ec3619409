// A table of one file or several.
#include "jobs/table/table.hpp"

#include "jobs/table/table_file.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace darkroom::jobs {

namespace {

/// Descriptors that a table keeps, so that a file which is replaced while a run is at work is still
/// read as it was.
constexpr std::size_t kept_open_max = 16;

} // namespace

std::optional<TableFormat> format_of(std::string_view path) {
    struct Ending {
        std::string_view text;
        TableFormat format;
    };
    constexpr std::array<Ending, 6> endings{{{".csv", TableFormat::csv},
                                             {".tsv", TableFormat::tsv},
                                             {".jsonl", TableFormat::jsonl},
                                             {".ndjson", TableFormat::jsonl},
                                             {".json", TableFormat::json},
                                             {".txt", TableFormat::txt}}};
    auto const lower = to_lower(path);
    auto small = std::string_view(lower);
    if (small.ends_with(".gz")) small.remove_suffix(3);
    for (auto const& ending : endings) {
        if (small.ends_with(ending.text)) return ending.format;
    }
    return std::nullopt;
}

std::shared_ptr<Table const> Table::open(Place place, TableProblem& problem) {
    std::shared_ptr<Table> const table(new Table());
    auto file = TableFile::open(std::move(place), true, problem);
    if (!file) return nullptr;
    table->columns_ = file->columns();
    table->knows_columns_ = file->knows_columns();
    table->files_.push_back(std::move(file));
    return table;
}

std::shared_ptr<Table const> Table::open_all(std::vector<Place> places, TableProblem& problem) {
    std::shared_ptr<Table> const table(new Table());
    table->names_files_ = true;
    for (auto& place : places) {
        bool const stays_open = table->files_.size() < kept_open_max;
        auto file = TableFile::open(std::move(place), stays_open, problem);
        problem.file = table->files_.size();
        if (!file) return nullptr;
        table->add_columns(file->columns());
        table->knows_columns_ = table->knows_columns_ && file->knows_columns();
        table->files_.push_back(std::move(file));
    }
    table->add_columns({std::string(file_variable)});
    return table;
}

Table::~Table() = default;

void Table::add_columns(std::vector<std::string> const& names) {
    for (auto const& name : names) {
        bool const is_known = std::find(columns_.begin(), columns_.end(), name) != columns_.end();
        if (!is_known) columns_.push_back(name);
    }
}

std::vector<std::string> Table::paths() const {
    std::vector<std::string> paths;
    for (auto const& file : files_) paths.push_back(file->place().path);
    return paths;
}

std::string Table::shown() const {
    if (files_.size() == 1) return shown(0);
    return fmt::format("{} and {} more", shown(0), files_.size() - 1);
}

std::string const& Table::shown(std::size_t file) const { return files_.at(file)->place().shown; }

bool Table::has_cell(Row const& row, std::string const& name) const {
    auto const is_name = [&name](auto const& cell) { return cell.first == name; };
    if (std::any_of(row.cells.begin(), row.cells.end(), is_name)) return true;
    auto const& file = *files_.at(row.file);
    auto const& empty = file.knows_columns() ? file.columns() : row.empty;
    return std::find(empty.begin(), empty.end(), name) != empty.end();
}

std::string Table::why_missing(std::size_t file, std::string const& name) const {
    auto const from = files_.at(file)->source_of(name);
    if (from.empty()) return {};
    auto const pointer = pointer_meant(from);
    return fmt::format("'columns' looks for it at '{}'{}", from,
                       pointer.empty() ? "" : fmt::format(": a JSON Pointer is '{}'", pointer));
}

std::vector<FoundForm> Table::found() const {
    std::vector<FoundForm> forms;
    for (auto const& file : files_) {
        auto form = file->found();
        if (!form.text().empty()) forms.push_back(std::move(form));
    }
    return forms;
}

RowReader::RowReader(std::shared_ptr<Table const> table) : table_(std::move(table)) {}
RowReader::~RowReader() = default;

bool RowReader::next(Row& row, TableProblem& problem) {
    for (; file_ < table_->files_.size(); ++file_) {
        if (!rows_) rows_ = std::make_unique<FileRows>(table_->files_[file_]);
        bool const has_row = rows_->next(row, problem);
        row.file = problem.file = file_;
        if (has_row && table_->names_files_) name_file(row);
        if (has_row || !problem.text.empty()) return has_row;
        rows_.reset();
    }
    return false;
}

void RowReader::name_file(Row& row) const {
    auto const is_file = [](auto const& cell) { return cell.first == file_variable; };
    if (std::any_of(row.cells.begin(), row.cells.end(), is_file)) return;
    row.cells.emplace_back(file_variable, table_->files_[file_]->stem());
}

} // namespace darkroom::jobs
