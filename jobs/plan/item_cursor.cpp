#include "jobs/plan/item_cursor.hpp"

#include "jobs/plan/sample.hpp"
#include "jobs/services/addresses.hpp"
#include "jobs/services/field_values.hpp"
#include "jobs/services/picture_file.hpp"
#include "runner/base/base64.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::jobs {

ItemCursor::ItemCursor(JobSpec const& job) : job_(job), chosen_(job.matrix.size()) {
    if (job.table) rows_.emplace(job);
    repeats_ = job.repeat;
    if (!job.sample) return;
    combinations_.emplace(job);
    drawn_ = draw_sample(job);
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
    if (++text_ < job_.prompt.count()) return true;
    text_ = 0;
    if (turn_axes() && skip_excluded()) return true;
    if (!job_.table || rows_read_ == job_.rows) return false;
    auto const row = to_row(rows_read_);
    if (row.has_error() || !*row) return row;
    return skip_excluded();
}

/// A text's number has the row, the combination and the text of the prompt as its digits.
Result<bool> ItemCursor::to_next_drawn() {
    started_ = true;
    if (next_drawn_ == drawn_.size()) return false;
    index_ = drawn_[next_drawn_++];
    text_ = index_ % job_.prompt.count();
    auto const above = index_ / job_.prompt.count();
    chosen_ = combinations_->at(above % combinations_->count());
    return to_row(above / combinations_->count());
}

/// Reads rows up to this one; only forward.
Result<bool> ItemCursor::to_row(std::uint64_t number) {
    if (!rows_) return true;
    for (; rows_read_ <= number; ++rows_read_) {
        TableProblem problem;
        if (rows_->next(row_, problem)) continue;
        if (problem.text.empty()) problem.text = "fewer rows than before: run again";
        auto const line = problem.line == 0 ? "" : fmt::format(":{}", problem.line);
        return Error(error_code(),
                     fmt::format("{}{}: {}", job_.table->shown(problem.file), line, problem.text));
    }
    if (!job_.repeat_from.empty()) {
        auto values = row_.cells;
        values.insert(values.end(), job_.vars.begin(), job_.vars.end());
        auto const repeats = repeat_of(job_.repeat_from, values);
        repeats_ = repeats.value_or(1); // each row was checked when the file was read
    }
    return true;
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

std::string ItemCursor::prompt(Variables const& variables) const {
    bool const before_it = row().source.empty() && !job_.images.empty();
    if (!before_it) return job_.prompt.expand(text_, variables);
    std::vector<std::string> parts;
    for (auto const& image : job_.images) {
        if (auto address = fill(image, variables); !address.empty())
            parts.push_back(std::move(address));
    }
    auto written = job_.prompt.expand(text_, variables);
    if (!written.empty()) parts.push_back(std::move(written));
    return join(parts, " ");
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

std::shared_ptr<Item const> ItemCursor::item() const {
    auto item = std::make_shared<Item>();
    item->job = job_.id;
    item->index = index_;
    item->repeat = repeat_;
    item->line = row_.line;
    item->file = row_.file;
    item->variables = variables();
    auto const& variables = item->variables;
    auto const& service = *job_.service;
    bool const works_on_image = !row().source.empty() && !job_.images.empty();
    auto image = works_on_image ? fill(job_.images.front(), variables) : std::string();
    item->request.service = &service;
    item->request.endpoint = job_.endpoint;
    item->request.body =
        service.first_body(row(), {std::move(image), prompt(variables), job_.fields});
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
