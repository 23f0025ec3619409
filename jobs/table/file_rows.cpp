// Rows out of the text of a file.
#include "jobs/table/json_row.hpp"
#include "jobs/table/open_file.hpp"
#include "jobs/table/table_file.hpp"
#include "runner/base/json.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::jobs {

namespace {

constexpr std::size_t beginning_bytes = std::size_t{1} << 16;

bool is_blank(Row const& row) {
    return row.odd.empty() && std::all_of(row.cells.begin(), row.cells.end(), [](auto const& cell) {
               return trim(cell.second).empty();
           });
}

/// Makes one line of a text of several.
std::string one_line(std::string_view text) {
    std::string line;
    while (!text.empty()) {
        auto const end = std::min(text.find_first_of(line_ends), text.size());
        auto const words = trim(text.substr(0, end));
        if (!words.empty() && !line.empty()) line += ' ';
        line += words;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return line;
}

} // namespace

FileRows::FileRows(std::shared_ptr<TableFile const> table) : table_(std::move(table)) {}
FileRows::~FileRows() = default;

std::string_view FileRows::beginning(TableProblem& problem) {
    bool const is_page = table_->place_.format == TableFormat::page; // there is no header in it
    auto const wanted = is_page ? 1 : beginning_bytes;
    while (!ended_ && end_ - from_ < wanted && fill(problem)) continue;
    bool const is_for_later = !problem.text.empty() && end_ > from_;
    if (is_for_later) { // it is met again behind the rows before it
        problem = TableProblem();
        failed_ = false;
    }
    return std::string_view(buffer_).substr(from_, end_ - from_);
}

std::vector<std::string> FileRows::read_names(TableProblem& problem) {
    std::vector<std::string> names;
    Record record;
    started_ = true;
    pass(from_ + table_->skipped_);
    if (!next_record(record, problem)) {
        if (problem.text.empty()) problem.text = "empty: the first line names the columns";
        return names;
    }
    auto const take = [&names](std::string_view cell) { names.emplace_back(trim(cell)); };
    header_line_ = record.line;
    if (!each_cell(record.text, table_->division_, problem.text, take)) problem.line = record.line;
    return names;
}

/// Reads the header of a file that has one.
bool FileRows::start(TableProblem& problem) {
    started_ = true;
    if (!table_->has_header()) return true;
    while (!ended_ && end_ - from_ < table_->skipped_ && fill(problem)) continue;
    pass(std::min(from_ + table_->skipped_, end_));
    Record header;
    return next_record(header, problem);
}

bool FileRows::next(Row& row, TableProblem& problem) {
    problem = TableProblem();
    if (failed_) return false;
    if (!started_ && !start(problem)) return false;
    for (;;) {
        Record record;
        has_unnamed_words_ = false;
        if (!next_record(record, problem)) return false;
        row.line = record.line;
        row.odd.clear();
        row.empty.clear();
        used_ = 0;
        bool const good = take_row(record, row, problem);
        if (!good) problem.line = record.line;
        row.cells.resize(used_);
        if (!good) return false;
        if (has_unnamed_words_ || !is_blank(row)) return true;
    }
}

bool FileRows::take_row(Record const& record, Row& row, TableProblem& problem) {
    switch (table_->place_.format) {
    case TableFormat::csv:
    case TableFormat::tsv: return take_cells(record, row, problem);
    case TableFormat::jsonl:
    case TableFormat::json: return take_json(record, row, problem);
    case TableFormat::txt: take_text(table_->cells_.front(), record.text, row); return true;
    case TableFormat::page: break;
    }
    take(table_->cells_.front(), one_line(record.text), row);
    return true;
}

bool FileRows::take_cells(Record const& record, Row& row, TableProblem& problem) {
    auto const& columns = table_->cells_;
    std::size_t count = 0;
    auto const cell = [&](std::string_view value) {
        if (count < columns.size() && !value.empty()) take_text(columns[count], value, row);
        ++count;
    };
    auto const& division = table_->division_;
    if (!each_cell(record.text, division, problem.text, cell)) return false;
    if (count == columns.size()) return true;
    problem.text =
        fmt::format("the header names {} columns, but this row has {}", columns.size(), count);
    if (count > columns.size())
        problem.text += fmt::format(
            ": a cell with {} in it needs quotation marks",
            division.delimiter == '\t' ? "a tab" : fmt::format("'{}'", division.delimiter));
    return false;
}

bool FileRows::take_json(Record const& record, Row& row, TableProblem& problem) {
    auto const value = read_json_row(record.text);
    auto const& wanted = table_->place_.reading.columns;
    if (value.has_value() && value->is_string()) {
        auto const renamed = std::find_if(wanted.begin(), wanted.end(), [](auto const& column) {
            return column.from == "prompt";
        });
        take_value(renamed == wanted.end() ? "prompt" : renamed->name, *value, row);
        return true;
    }
    auto const* members = value.has_value() ? value->object() : nullptr;
    if (members == nullptr) {
        problem.text = value.has_error() ? value.error().message()
                                         : "a row is a JSON object, as in {\"prompt\": \"a lamp\"}";
        return false;
    }
    if (members->size() > row_keys_max) {
        problem.text = fmt::format("{} keys; {} are the most", members->size(), row_keys_max);
        return false;
    }
    auto const& pointed = table_->pointed_;
    for (auto const& [key, cell] : *members) {
        auto const& title = key;
        if (title.find('\0') != std::string::npos) continue; // it cannot be named
        auto const is_from = [&title](ColumnSource const& one) { return one.from == title; };
        auto const is_name = [&title](auto const& one) { return one.name == title; };
        auto const renamed = std::find_if(wanted.begin(), wanted.end(), is_from);
        if (renamed != wanted.end())
            take_value(renamed->name, cell, row);
        else if (std::none_of(wanted.begin(), wanted.end(), is_name) &&
                 std::none_of(pointed.begin(), pointed.end(), is_name))
            take_value(title, cell, row);
    }
    for (auto const& column : pointed) {
        if (auto const* cell = value_at(*value, column.steps)) take_value(column.name, *cell, row);
    }
    return true;
}

void FileRows::take_value(std::string_view name, json::Value const& value, Row& row) {
    auto const text = value.text();
    if (value.is_null() || (text && text->empty())) {
        row.empty.emplace_back(name);
        return;
    }
    if (auto const flag = value.boolean()) return take(name, *flag ? "true" : "false", row);
    if (text) return take(name, *text, row);
    row.odd.emplace_back(name, fmt::format("is {}: a cell is a text, a number, true or false",
                                           value.is_array() ? "a list" : "an object"));
}

void FileRows::take(std::string_view name, std::string_view value, Row& row) {
    if (!name.empty() && value.find('\0') != std::string_view::npos &&
        value.size() <= cell_bytes_max)
        row.odd.emplace_back(name, why_no_cell(value));
    else
        take_text(name, value, row);
}

/// Takes a cell without zero bytes: of a record that is_text() has seen.
void FileRows::take_text(std::string_view name, std::string_view value, Row& row) {
    if (name.empty()) {
        has_unnamed_words_ = has_unnamed_words_ || !trim(value).empty();
        return;
    }
    if (value.size() > cell_bytes_max) {
        row.odd.emplace_back(
            name, fmt::format("has {} bytes; {} are the most", value.size(), cell_bytes_max));
        return;
    }
    if (used_ == row.cells.size()) row.cells.emplace_back();
    auto& cell = row.cells[used_];
    if (cell.first != name) cell.first = name; // most rows have the cells of the row before
    cell.second = value;
    ++used_;
}

} // namespace darkroom::jobs
