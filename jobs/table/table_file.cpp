// Opening a file of a table: what it is, and its header.
#include "jobs/table/table_file.hpp"

#include "jobs/table/open_file.hpp"
#include "jobs/table/sniff.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <sys/stat.h>

namespace darkroom::jobs {

namespace {

/// Returns the error in a header, or "".
std::string wrong_header(std::vector<std::string> const& names) {
    if (names.size() > columns_max)
        return fmt::format("{} columns; {} are the most", names.size(), columns_max);
    if (names.size() == 1 && names.front().find_first_of(";\t|") != std::string::npos)
        return fmt::format("one column, '{}': what separates the columns of this file? Say it "
                           "with 'delimiter'",
                           names.front());
    std::set<std::string_view> seen;
    for (auto const& name : names) {
        bool const is_second = !name.empty() && !seen.insert(name).second;
        if (is_second) return fmt::format("two columns have the name '{}'", name);
    }
    return {};
}

} // namespace

std::shared_ptr<TableFile const> TableFile::open(TablePlace place, bool stays_open,
                                                 TableProblem& problem) {
    std::shared_ptr<TableFile> const file(new TableFile());
    file->place_ = std::move(place);
    file->read_pointers();
    auto opened = check_encoding(file->place_.reading.encoding);
    if (opened.has_value()) opened = file->open_file(true);
    if (opened.has_error()) {
        problem.text = opened.error().message();
        return nullptr;
    }
    FileRows rows(file);
    file->read_header(rows, problem);
    if (!problem.text.empty()) return nullptr;
    if (!stays_open && !file->file_->is_copy()) file->file_.reset();
    return file;
}

bool TableFile::knows_columns() const {
    return place_.format != TableFormat::jsonl && place_.format != TableFormat::json;
}

bool TableFile::has_header() const {
    return place_.format == TableFormat::csv || place_.format == TableFormat::tsv;
}

Result<TableFile::Stamp> TableFile::stamp_of(OpenFile const& file) {
    struct stat info {};
    if (::fstat(file.descriptor(), &info) != 0) return system_error_of(errno, "cannot read it");
    return Stamp{info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

Result<> TableFile::open_file(bool stays_open) {
    bool const has_lines = place_.format != TableFormat::json && place_.format != TableFormat::page;
    TRY_ASSIGN(auto file, OpenFile::open(place_.path, {place_.stream_max, has_lines}));
    TRY_ASSIGN(stamp_, stamp_of(*file));
    if (stays_open) file_ = std::move(file);
    return {};
}

Result<std::shared_ptr<OpenFile const>> TableFile::opened() const {
    if (file_) return file_;
    return OpenFile::open(place_.path, {place_.stream_max, true});
}

void TableFile::read_pointers() {
    auto& columns = place_.reading.columns;
    if (knows_columns()) return;
    std::erase_if(columns, [this](ColumnSource const& column) {
        auto steps = read_pointer(column.from);
        if (steps) pointed_.push_back({column.name, column.from, std::move(*steps)});
        return steps.has_value();
    });
}

void TableFile::read_header(FileRows& rows, TableProblem& problem) {
    auto const piece = rows.beginning(problem);
    if (!problem.text.empty()) return;
    is_gzip_ = rows.source_->is_gzip();
    encoding_ = rows.source_->encoding();
    divide(piece, rows.is_whole());
    if (has_header()) {
        auto names = rows.read_names(problem);
        if (problem.text.empty()) name_columns(std::move(names), problem);
        if (!problem.text.empty() && problem.line == 0) problem.line = rows.header_line_;
        division_.columns = cells_.size();
    } else if (knows_columns()) {
        name_columns({"prompt"}, problem);
    } else {
        Row row;
        TableProblem told_when_rows_are_checked;
        if (!rows.next(row, told_when_rows_are_checked)) return;
        for (auto const& cell : row.cells) columns_.push_back(cell.first);
        columns_.insert(columns_.end(), row.empty.begin(), row.empty.end());
    }
}

/// Finds out how the file is divided, from its beginning.
void TableFile::divide(std::string_view piece, bool is_whole) {
    auto const& given = place_.reading.delimiter;
    ends_lines_with_cr_ = ends_lines_with_cr(piece, has_header());
    if (place_.format == TableFormat::csv) {
        auto const found = sniff_csv(piece, is_whole, given);
        skipped_ = found.skipped;
        division_ = {Division::Quotes::strict, found.delimiter, 0};
    } else if (place_.format == TableFormat::tsv) {
        division_ = {Division::Quotes::lenient, given.value_or('\t'), 0};
    }
}

/// Gives the columns their names in the job file.
void TableFile::name_columns(std::vector<std::string> names, TableProblem& problem) {
    if (problem.text = wrong_header(names); !problem.text.empty()) return;
    auto const& wanted = place_.reading.columns;
    std::vector<std::string_view> const titles(names.begin(), names.end());
    for (auto const& column : wanted) {
        if (std::find(titles.begin(), titles.end(), column.from) != titles.end()) continue;
        problem.text = fmt::format("there is no column '{}', which 'columns' names{}", column.from,
                                   did_you_mean(column.from, titles));
        return;
    }
    for (auto const& name : names) {
        auto const is_from = [&name](ColumnSource const& one) { return one.from == name; };
        auto const is_name = [&name](ColumnSource const& one) { return one.name == name; };
        auto const renamed = std::find_if(wanted.begin(), wanted.end(), is_from);
        bool const is_hidden = name.empty() || (renamed == wanted.end() &&
                                                std::any_of(wanted.begin(), wanted.end(), is_name));
        cells_.push_back(is_hidden ? "" : renamed == wanted.end() ? name : renamed->name);
        if (!is_hidden) columns_.push_back(cells_.back());
    }
    if (std::none_of(columns_.begin(), columns_.end(), is_variable_name))
        problem.text =
            "the first line names the columns, and none of these names can be used in a prompt "
            "(letters, digits, '_' and '-'): is the header missing? 'columns' gives them names";
}

FoundForm TableFile::found() const {
    FoundForm form;
    form.file = place_.shown;
    char const usual = place_.format == TableFormat::tsv ? '\t' : ',';
    if (has_header() && division_.delimiter != usual && !place_.reading.delimiter)
        form.delimiter = division_.delimiter;
    if (!encoding_.empty() && encoding_ != place_.reading.encoding) form.encoding = encoding_;
    form.is_gzip = is_gzip_;
    form.ends_lines_with_cr = ends_lines_with_cr_;
    return form;
}

std::string TableFile::source_of(std::string const& name) const {
    for (auto const& column : pointed_) {
        if (column.name == name) return column.from;
    }
    for (auto const& column : place_.reading.columns) {
        if (column.name == name) return column.from;
    }
    return {};
}

std::string TableFile::stem() const {
    auto name = std::filesystem::path(place_.path).filename();
    if (to_lower(name.string()).ends_with(".gz")) name = name.stem();
    return name.stem().string();
}

} // namespace darkroom::jobs
