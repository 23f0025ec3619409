#include "jobs/plan/item_cursor.hpp"

#include "jobs/language/cells.hpp"
#include "jobs/model/job_spec.hpp"
#include "jobs/plan/drawn_json.hpp"
#include "jobs/plan/sample.hpp"
#include "jobs/services/addresses.hpp"
#include "jobs/services/field_values.hpp"
#include "jobs/services/picture_file.hpp"
#include "runner/base/base64.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <numeric>

namespace darkroom::jobs {

ItemCursor::ItemCursor(JobSpec const& job)
    : job_(job), chosen_(job.matrix.size()), marks_(PromptMarks::of(job)) {
    if (job.table) rows_.emplace(job);
    repeats_ = job.repeat;
    if (job.expand) wildcards_.emplace(job.wildcards);
    if (!job.sample) return;
    combinations_.emplace(job);
    if (!job.expand) drawn_ = draw_sample(job);
}

Result<bool> ItemCursor::advance() {
    if (started_ && ++repeat_ < repeats_) return true;
    repeat_ = 0;
    TRY_ASSIGN(bool const has_next, job_.sample ? to_next_drawn() : to_next_text());
    if (has_next && !job_.folder.empty()) TRY(read_pictures());
    return has_next;
}

/// Reads the picture that a row names, which the item then holds.
Result<> ItemCursor::read_pictures() {
    for (auto const& field : job_.service->fields) {
        auto const text = address_to_fill(job_.fields, field.key);
        auto const name = text ? fill(*text, variables()) : std::string();
        if (!is_mask_file(name) || name == picture_) continue;
        std::string problem;
        auto bytes = read_picture_file(job_.folder, name, problem);
        if (!problem.empty())
            return Error(error_code(),
                         fmt::format("{}:{}: the {} '{}' {}", job_.table->shown(row_.file),
                                     row_.line, field.key, name, problem));
        picture_ = name;
        picture_bytes_ = to_base64(bytes);
    }
    return {};
}

Result<bool> ItemCursor::to_next_text() {
    if (!started_) {
        started_ = true;
        auto const row = to_row(0);
        if (row.has_error() || !*row) return row;
        return skip_excluded();
    }
    ++index_;
    if (++text_ < text().count()) return true;
    text_ = 0;
    if (turn_axes() && skip_excluded()) return true;
    if (!job_.table || rows_read_ == job_.rows) return false;
    auto const row = to_row(rows_read_);
    if (row.has_error() || !*row) return row;
    return skip_excluded();
}

/// A text's number has the row, the combination and the text of the prompt as its digits.
Result<bool> ItemCursor::to_next_drawn() {
    if (!started_ && job_.expand) TRY(draw_from_rows());
    started_ = true;
    if (next_drawn_ == drawn_.size()) return false;
    index_ = drawn_[next_drawn_++];
    if (rows_ && !drawn_rows_) TRY(read_drawn_rows());
    auto number = index_;
    if (job_.expand) {
        auto const after =
            std::upper_bound(before_.begin(), before_.end(), index_ / combinations_->count());
        auto const row = static_cast<std::uint64_t>(after - before_.begin()) - 1;
        drawn_rows_->take(row, row_);
        TRY(read_cells());
        number -= before_[row] * combinations_->count();
    }
    text_ = number % text().count();
    auto const above = number / text().count();
    chosen_ = combinations_->at(above % combinations_->count());
    if (rows_ && !job_.expand) drawn_rows_->take(above / combinations_->count(), row_);
    return true;
}

/// Draws the sample of a job whose rows have different numbers of texts. All rows are held.
Result<> ItemCursor::draw_from_rows() {
    std::vector<std::uint64_t> all(static_cast<std::size_t>(job_.rows));
    std::iota(all.begin(), all.end(), std::uint64_t{0});
    drawn_rows_.emplace(std::move(all));
    before_.assign(1, 0);
    while (rows_read_ < job_.rows) {
        TRY(read_row());
        drawn_rows_->offer(rows_read_ - 1, row_);
        before_.push_back(plus(before_.back(), text().count()));
    }
    drawn_ = draw_sample(job_, {before_, [this](std::uint64_t row) -> Template const& {
                                    drawn_rows_->take(row, row_);
                                    [[maybe_unused]] auto const read = read_cells();
                                    assert(read.has_value()); // it was read before
                                    return text();
                                }});
    return {};
}

/// Makes the prompt of this row, if its cells are prompt language.
Result<> ItemCursor::read_cells() {
    if (!wildcards_) return {};
    std::vector<CellProblem> problems;
    row_prompt_ =
        with_cells_read(job_.prompt, row_.cells, {*wildcards_, job_.placeholder}, problems);
    if (problems.empty()) return {};
    return Error(error_code(), fmt::format("{}:{}: {}", job_.table->shown(row_.file), row_.line,
                                           problems.front().problem.text));
}

/// Reads the table up to the last drawn row.
Result<> ItemCursor::read_drawn_rows() {
    auto const texts = job_.prompt.count() * combinations_->count(); // of one row
    std::vector<std::uint64_t> numbers;
    numbers.reserve(drawn_.size());
    for (auto const number : drawn_) numbers.push_back(number / texts);
    drawn_rows_.emplace(std::move(numbers));
    while (rows_read_ < drawn_rows_->end()) {
        TRY(read_row());
        drawn_rows_->offer(rows_read_ - 1, row_);
    }
    return {};
}

/// Reads rows up to this one; only forward.
Result<bool> ItemCursor::to_row(std::uint64_t number) {
    if (!rows_) return true;
    while (rows_read_ <= number) TRY(read_row());
    return true;
}

Result<> ItemCursor::read_row() {
    TableProblem problem;
    if (rows_->next(row_, problem)) {
        ++rows_read_;
        read_repeats();
        return read_cells();
    }
    if (problem.text.empty()) problem.text = "fewer rows than before: run again";
    auto const line = problem.line == 0 ? "" : fmt::format(":{}", problem.line);
    return Error(error_code(),
                 fmt::format("{}{}: {}", job_.table->shown(problem.file), line, problem.text));
}

/// Reads how often this row is bought. A sample has no such rows.
void ItemCursor::read_repeats() {
    if (job_.repeat_from.empty()) return;
    auto values = row_.cells;
    values.insert(values.end(), job_.vars.begin(), job_.vars.end());
    auto const repeats = repeat_of(job_.repeat_from, values);
    repeats_ = repeats.value_or(1); // each row was checked when the file was read
}

bool ItemCursor::turn_axes() {
    for (auto axis = chosen_.size(); axis-- > 0;) {
        if (++chosen_[axis] < job_.matrix[axis].values.size()) return true;
        chosen_[axis] = 0;
    }
    return false;
}

bool ItemCursor::skip_excluded() {
    while (is_excluded(job_, chosen_)) {
        if (!turn_axes()) return false;
    }
    return true;
}

Endpoint const& ItemCursor::row() const { return job_.service->endpoint_at(job_.endpoint); }

/// Writes the prompt into a text that is empty.
void ItemCursor::write_prompt(Variables const& variables, std::string& into) const {
    bool const before_it = !job_.images.empty() && row().source.empty();
    if (!before_it) return text().expand(text_, variables, into);
    std::vector<std::string> parts;
    for (auto const& image : job_.images) {
        if (auto address = fill(image, variables); !address.empty())
            parts.push_back(std::move(address));
    }
    auto written = text().expand(text_, variables);
    if (!written.empty()) parts.push_back(std::move(written));
    into = join(parts, " ");
}

Variables ItemCursor::variables() const {
    auto variables = row_.cells;
    auto const has_cell = [this](std::string const& name) {
        return std::any_of(row_.cells.begin(), row_.cells.end(),
                           [&name](auto const& cell) { return cell.first == name; });
    };
    for (auto const& variable : job_.vars) {
        if (!has_cell(variable.first)) variables.push_back(variable);
    }
    for (std::size_t i = 0; i < job_.matrix.size(); ++i)
        variables.emplace_back(job_.matrix[i].name, job_.matrix[i].values[chosen_[i]]);
    return variables;
}

/// Returns variables(), without a copy of the row's cells where there are no others.
Variables const& ItemCursor::shared_variables() {
    if (job_.vars.empty() && job_.matrix.empty()) return row_.cells;
    values_ = variables();
    return values_;
}

std::uint64_t ItemCursor::mark() {
    if (!marks_) return mark_of(item()->request, repeat_);
    words_.clear();
    write_prompt(shared_variables(), words_);
    return marks_->mark(words_, repeat_);
}

std::shared_ptr<Item const> ItemCursor::item() const {
    auto item = std::make_shared<Item>();
    item->job = job_.id;
    item->index = index_;
    item->repeat = repeat_;
    item->line = row_.line;
    item->file = row_.file;
    item->table = job_.table;
    item->variables = variables();
    auto const& variables = item->variables;
    item->drawn = to_json(text().drawn(text_, variables, job_.prompt_parts));
    auto const& service = *job_.service;
    bool const works_on_image = !row().source.empty() && !job_.images.empty();
    auto image = works_on_image ? fill(job_.images.front(), variables) : std::string();
    item->request.service = &service;
    item->request.endpoint = job_.endpoint;
    std::string words;
    write_prompt(variables, words);
    item->request.body =
        service.first_body(row(), {std::move(image), std::move(words), job_.fields});
    if (job_.fields.object()) fill_fields(item->request.body, service, variables);
    for (auto const& field : service.fields) {
        bool const is_read = !picture_.empty() && item->request.body.text(field.key) == picture_;
        if (is_read) item->request.body.set(field.key, picture_bytes_);
    }
    item->download = job_.download;
    item->then = job_.then;
    return item;
}

} // namespace darkroom::jobs
