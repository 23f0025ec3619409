#include "jobs/read/rows_check.hpp"

#include "jobs/language/cells.hpp"
#include "jobs/language/prompt_reader.hpp"
#include "jobs/plan/job_rows.hpp"
#include "jobs/read/sent_check.hpp"
#include "jobs/read/text_lint.hpp"
#include "jobs/services/addresses.hpp"
#include "jobs/services/field_values.hpp"
#include "jobs/services/picture_file.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

namespace darkroom::jobs {

namespace {

constexpr std::uint64_t wrong_rows_max = 10;

/// Returns the variables of a row that become part of its prompt or of an image's address.
std::set<std::string> sent_names(JobSpec const& job, RowNeeds const& needs) {
    std::set<std::string> names;
    for (auto const& use : job.prompt.variables()) names.insert(use.name);
    std::vector<TextProblem> ignored; // reported when the address was read
    for (auto const& field : needs.fields) {
        bool const is_image = field.field == nullptr || field.field->is_address();
        if (!is_image) continue;
        for (auto const& use : variables_in(field.text, ignored)) names.insert(use.name);
    }
    return names;
}

/// Checks one row after the other; the constructor prepares what all rows share.
class RowCheck {
public:
    RowCheck(JobSpec const& job, RowNeeds const& needs, Findings& findings)
        : job_(job), needs_(needs), sent_(sent_names(job, needs)), sent_check_(job),
          warnings_(findings, "row"),
          source_(needs.wildcards != nullptr ? TextOrigin::read_cell : TextOrigin::cell),
          may_be_blank_((!needs.prompt_may_be_blank || needs.blends) &&
                        needs.prompt.may_be_blank()),
          checks_names_(!job.table->knows_columns() || job.table->has_many_files()) {
        if (!job.table->knows_columns()) unseen_ = needs.optional;
        auto const is_literal = [](std::string const& image) { return !has_variables(image); };
        literal_images_ = std::count_if(job.images.begin(), job.images.end(), is_literal);
        others_ = job.vars;
        for (auto const& axis : job.matrix) others_.emplace_back(axis.name, axis.values.front());
    }

    /// Returns the error in the row, or "".
    std::string wrong(Row const& row) {
        if (!unseen_.empty()) {
            for (auto const& cell : row.cells) unseen_.erase(cell.first);
            for (auto const& name : row.empty) unseen_.erase(name);
        }
        for (auto const& [name, why] : row.odd) {
            if (needs_.used.contains(name)) return fmt::format("'{}' {}", name, why);
        }
        if (checks_names_) {
            if (auto text = wrong_names(row); !text.empty()) return text;
        }
        if (auto text = read_cells(row); !text.empty()) return text;
        if (!may_be_blank_ && needs_.fields.empty() && job_.repeat_from.empty()) return {};
        take_values(row);
        auto images = literal_images_;
        for (auto const& field : needs_.fields) {
            auto const filled = fill(field.text, values_);
            bool const is_address = field.field == nullptr || field.field->is_address();
            auto gap = is_address ? gap_in_address(field.text, values_) : std::string();
            if (!gap.empty()) return gap;
            if (auto text = wrong_value(field, filled); !text.empty()) return text;
            images += field.field == nullptr && !filled.empty() ? 1 : 0;
        }
        bool const is_blend = needs_.blends && images >= 2;
        if (may_be_blank_ && !is_blend) {
            if (auto text = wrong_words(row); !text.empty()) return text;
        }
        if (repeat_of(job_.repeat_from, values_)) return {};
        return fmt::format("'repeat' needs a number from 1 to 1000000, not '{}'",
                           fill(job_.repeat_from, values_));
    }

    /// Returns the repeats of the row, which is not wrong.
    std::uint64_t repeats(Row const& row) {
        if (job_.repeat_from.empty()) return 0;
        take_values(row);
        return static_cast<std::uint64_t>(repeat_of(job_.repeat_from, values_).value_or(1));
    }

    /// Warns about the row, unless there are warnings about enough others.
    void lint(Row const& row, Where const& where) {
        warnings_.look(where, [this, &row](Where const& place, Findings& findings) {
            lint_row(row, place, findings);
        });
    }

    void close() { warnings_.close(); }

    /// Returns the optional variables that no row had.
    std::set<std::string> const& unseen() const { return unseen_; }

private:
    void take_values(Row const& row) {
        values_ = row.cells;
        values_.insert(values_.end(), others_.begin(), others_.end());
    }

    std::string wrong_value(FilledField const& need, std::string const& filled) const {
        auto const* field = need.field;
        if (filled.empty() && !need.is_required) return {};
        if (filled.empty()) return fmt::format("this row has no {}", field ? field->key : "image");
        if (field == nullptr) return wrong_address(filled);
        bool const is_picture = need.takes_files && field->takes == RequestField::Takes::picture;
        bool const is_file = is_picture && is_mask_file(filled);
        if (is_file) return wrong_file(*field, filled);
        if (field->is_address()) return is_picture ? wrong_mask(filled) : wrong_address(filled);
        for (auto const& refused : job_.service->endpoint_at(job_.endpoint).refuses) {
            if (refused.field == field->key && refused.value == filled)
                return std::string(refused.why);
        }
        if (field_value(*field, filled)) return {};
        return fmt::format("'{}' needs {}, not '{}'", field->key, values_of(*field), filled);
    }

    /// A cell names a file in the folder of the job file or below: a table may be a stranger's.
    std::string wrong_file(RequestField const& field, std::string const& name) const {
        std::filesystem::path const path(name);
        bool const is_outside =
            path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end();
        std::string problem;
        if (is_outside) problem = "is not below the folder of the job file";
        if (!is_outside) read_picture_file(job_.folder, name, problem);
        return problem.empty() ? "" : fmt::format("the {} '{}' {}", field.key, name, problem);
    }

    void lint_row(Row const& row, Where const& where, Findings& findings) {
        std::size_t bytes = 0;
        unsigned signs = 0;
        for (auto const& [name, value] : row.cells) {
            bytes += value.size();
            auto const found = signs_in(value);
            if (found == 0 || !sent_.contains(name)) continue;
            signs |= found;
            lint_part(value, {source_, job_.placeholder}, where, job_.service->params, findings);
        }
        if (row_prompt_) lint_inner_cells(row, where, findings);
        bool const may_be_odd = (signs & word_signs) != 0 || sent_check_.has_cells_behind();
        if (may_be_odd && sent_check_.is_odd(row.cells)) {
            take_values(row);
            sent_check_.check(row_prompt_ ? *row_prompt_ : job_.prompt, values_, where, findings);
        }
        if (sent_check_.has_follow_ups()) {
            take_values(row);
            sent_check_.check_follow_ups(values_, where, findings);
        }
        bool const may_have_gaps =
            !row.empty.empty() || row.cells.size() < job_.table->columns().size();
        if (may_have_gaps) lint_gaps(row, where, findings);
        if (bytes <= prompt_characters_max) return; // only more can make a prompt too long
        take_values(row);
        lint_length(job_.prompt.expand(0, values_), where, findings);
    }

    /// Warns of cells that a read cell names: their values are plain.
    void lint_inner_cells(Row const& row, Where const& where, Findings& findings) const {
        for (auto const& use : row_prompt_->variables()) {
            for (auto const& [name, value] : row.cells) {
                if (name == use.name && !is_plain_value(value))
                    lint_part(value, {TextOrigin::inner_cell, job_.placeholder}, where,
                              job_.service->params, findings);
            }
        }
    }

    /// Warns of empty cells in a text: they are seldom intended, unlike `{{name|}}`.
    void lint_gaps(Row const& row, Where const& where, Findings& findings) const {
        auto const gives = [](Variables const& variables, std::string const& name) {
            return std::any_of(variables.begin(), variables.end(),
                               [&name](auto const& one) { return one.first == name; });
        };
        auto names = needs_.names;
        if (row_prompt_) { // a cell may name another one
            for (auto const& use : row_prompt_->variables()) {
                if (!use.has_default && !needs_.optional.contains(use.name)) names.insert(use.name);
            }
        }
        for (auto const& name : names) {
            if (gives(row.cells, name) || gives(others_, name)) continue;
            findings.warning(where, fmt::format("'{0}' is empty in this row: '{{{{{0}|text}}}}' "
                                                "says what stands in its place, '{{{{{0}|}}}}' "
                                                "that nothing does",
                                                name));
        }
    }

    /// Returns the error when the row makes an empty prompt.
    std::string wrong_words(Row const& row) const {
        constexpr std::uint64_t tried_max = 100;
        std::optional<Template> read;
        std::vector<CellProblem> ignored; // read_cells() has reported them
        if (row_prompt_)
            read = with_cells_read(needs_.prompt, row.cells, {*needs_.wildcards, job_.placeholder},
                                   ignored);
        auto const& words = read ? *read : needs_.prompt;
        if (!words.may_be_blank()) return {};
        auto const texts = std::min(words.count(), tried_max);
        for (std::uint64_t text = 0; text < texts; ++text) {
            if (!trim(words.expand(text, values_)).empty()) continue;
            if (texts > 1) return fmt::format("text {} of this row is an empty prompt", text + 1);
            return job_.skips_blank ? "this row makes an empty prompt"
                                    : "this row makes an empty prompt: 'skip_empty: true' leaves "
                                      "such rows out";
        }
        return {};
    }

    /// Reads cells as prompt language if that is wanted, and counts the texts. Returns the error in
    /// one, or "".
    std::string read_cells(Row const& row) {
        if (needs_.wildcards == nullptr) return {};
        std::vector<CellProblem> problems;
        row_prompt_ = with_cells_read(job_.prompt, row.cells, {*needs_.wildcards, job_.placeholder},
                                      problems);
        if (!problems.empty()) {
            auto const& [name, problem] = problems.front();
            return fmt::format("'{}', byte {}: {}", name, problem.offset + 1, problem.text);
        }
        auto const& text = row_prompt_ ? *row_prompt_ : job_.prompt;
        *needs_.texts = plus(*needs_.texts, text.count());
        return row_prompt_ ? wrong_uses(*row_prompt_, row) : std::string();
    }

    /// Returns the error when a cell has a variable that neither the row nor the job defines, or
    /// whose value in the row cannot be used.
    std::string wrong_uses(Template const& text, Row const& row) const {
        std::vector<std::string_view> names;
        for (auto const* variables : {&row.cells, &others_}) {
            for (auto const& variable : *variables) names.push_back(variable.first);
        }
        for (auto const& use : text.variables()) {
            for (auto const& [name, why] : row.odd) {
                if (name == use.name) return fmt::format("'{}' {}", name, why);
            }
            bool const defined = std::find(names.begin(), names.end(), use.name) != names.end() ||
                                 job_.table->has_cell(row, use.name);
            bool const is_needed = !use.has_default && !needs_.optional.contains(use.name);
            if (is_needed && !defined)
                return fmt::format("undefined variable '{{{{{}}}}}'{}", use.name,
                                   did_you_mean(use.name, names));
        }
        return {};
    }

    std::string wrong_names(Row const& row) const {
        auto const has = [this, &row](std::string const& name) {
            return job_.table->has_cell(row, name);
        };
        for (auto const& name : needs_.names) {
            if (has(name)) continue;
            if (auto why = job_.table->why_missing(row.file, name); !why.empty())
                return fmt::format("no '{}' in this row: {}", name, why);
            std::vector<std::string_view> names;
            for (auto const& cell : row.cells) names.push_back(cell.first);
            return fmt::format("no '{}' in this row{}", name, did_you_mean(name, names));
        }
        for (auto const& axis : needs_.axes) {
            if (has(axis)) return fmt::format("'{}' is in this row and in 'matrix'", axis);
        }
        return {};
    }

    JobSpec const& job_;
    RowNeeds const& needs_;
    std::set<std::string> sent_;
    RowSentCheck sent_check_;
    CappedWarnings warnings_;
    std::optional<Template> row_prompt_; ///< The row at hand, when its cells are read.
    TextOrigin source_;
    bool may_be_blank_;
    std::ptrdiff_t literal_images_ = 0;
    bool checks_names_;
    std::set<std::string> unseen_;
    Variables others_; ///< Variables that rows do not define.
    Variables values_;
};

/// Reports the first wrong rows, or all of them, and says how many there are.
class RowErrors {
public:
    RowErrors(Table const& table, Findings& findings) : table_(table), findings_(findings) {}

    Where place_of(std::size_t file, std::uint64_t line) {
        auto const [known, is_new] = sources_.try_emplace(file, 0);
        if (is_new) known->second = findings_.add_table(table_.shown(file));
        return {known->second, static_cast<std::size_t>(line)};
    }

    void add(TableProblem const& problem) {
        if (++wrong_ <= wrong_rows_max || findings_.lists_all())
            return findings_.error(place_of(problem.file, problem.line), problem.text);
        if (wrong_ == wrong_rows_max + 1) first_unshown_ = place_of(problem.file, problem.line);
    }

    void close() {
        if (!first_unshown_) return;
        auto const more = wrong_ - wrong_rows_max;
        findings_.error(*first_unshown_,
                        fmt::format("and {} more row{}: 'darkroom validate --all' lists them", more,
                                    more == 1 ? "" : "s"));
    }

private:
    Table const& table_;
    Findings& findings_;
    std::map<std::size_t, int> sources_; ///< A source for each file.
    std::uint64_t wrong_ = 0;
    std::optional<Where> first_unshown_;
};

} // namespace

RowCount check_rows(JobSpec const& job, RowNeeds const& needs, Findings& findings) {
    RowErrors errors(*job.table, findings);
    RowCheck check(job, needs, findings);
    JobRows reader(job);
    Row row;
    RowCount count;
    for (;;) {
        TableProblem problem;
        bool const has_row = reader.next(row, problem);
        if (!has_row && problem.text.empty()) break;
        if (has_row) {
            ++count.rows;
            problem = {row.line, check.wrong(row), row.file};
            if (problem.text.empty()) {
                check.lint(row, errors.place_of(row.file, row.line));
                count.repeats = plus(count.repeats, check.repeats(row));
            }
        }
        if (!problem.text.empty()) errors.add(problem);
    }
    count.left_out = reader.left_out();
    errors.close();
    check.close();
    for (auto const& name : check.unseen()) {
        auto const why = job.table->why_missing(0, name);
        findings.error(errors.place_of(0, 0),
                       fmt::format("no row has '{}'{}{}", name, why.empty() ? "" : ": ", why));
    }
    return count;
}

} // namespace darkroom::jobs
