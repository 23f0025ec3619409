#include "jobs/read/rows_check.hpp"

#include "jobs/language/cells.hpp"
#include "jobs/language/prompt_reader.hpp"
#include "jobs/read/sent_check.hpp"
#include "jobs/read/text_lint.hpp"
#include "jobs/services/addresses.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace darkroom::jobs {

namespace {

constexpr int wrong_rows_max = 10;

/// Returns the variables of a row that become part of its prompt or of an image's address.
std::set<std::string> sent_names(JobSpec const& job, RowNeeds const& needs) {
    std::set<std::string> names;
    for (auto const& use : job.prompt.variables()) names.insert(use.name);
    std::vector<TextProblem> ignored; // reported when the address was read
    for (auto const& image : needs.images) {
        for (auto const& use : variables_in(image, ignored)) names.insert(use.name);
    }
    return names;
}

/// Checks one row after the other; the constructor prepares what all rows share.
class RowCheck {
public:
    RowCheck(JobSpec const& job, RowNeeds const& needs, Findings& findings)
        : job_(job), needs_(needs), sent_(sent_names(job, needs)), sent_check_(job),
          warnings_(findings, "rows"),
          source_(needs.wildcards != nullptr ? TextSource::read_cell : TextSource::cell),
          may_be_blank_(!needs.prompt_may_be_blank && needs.prompt.may_be_blank()),
          checks_names_(!job.table->knows_columns()) {
        others_ = job.vars;
        for (auto const& axis : job.matrix) others_.emplace_back(axis.name, axis.values.front());
    }

    /// Returns the error in the row, or "".
    std::string wrong(Row const& row) {
        if (checks_names_) {
            if (auto text = wrong_names(row); !text.empty()) return text;
        }
        if (auto text = read_cells(row); !text.empty()) return text;
        if (!may_be_blank_ && needs_.images.empty()) return {};
        values_ = row.cells;
        values_.insert(values_.end(), others_.begin(), others_.end());
        if (may_be_blank_ && needs_.prompt.expand(0, values_).empty())
            return "this row makes an empty prompt";
        for (auto const& image : needs_.images) {
            if (auto text = wrong_address(fill(image, values_)); !text.empty()) return text;
        }
        return {};
    }

    /// Warns about the row, unless there are warnings about enough others.
    void lint(Row const& row, Where const& where) {
        warnings_.look(where, [this, &row](Where const& place, Findings& findings) {
            lint_row(row, place, findings);
        });
    }

private:
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
        bool const may_be_odd = (signs & word_signs) != 0 || sent_check_.has_cells_behind();
        if (may_be_odd && sent_check_.is_odd(row.cells)) {
            values_ = row.cells;
            values_.insert(values_.end(), others_.begin(), others_.end());
            sent_check_.check(row_prompt_ ? *row_prompt_ : job_.prompt, values_, where, findings);
        }
        if (row.cells.size() < job_.table->columns().size()) lint_gaps(row, where, findings);
        if (bytes <= prompt_characters_max) return; // only more can make a prompt too long
        values_ = row.cells;
        values_.insert(values_.end(), others_.begin(), others_.end());
        lint_length(job_.prompt.expand(0, values_), where, findings);
    }

    /// Warns of empty cells in a text: they are seldom intended, unlike `{{name|}}`.
    void lint_gaps(Row const& row, Where const& where, Findings& findings) const {
        auto const gives = [](Variables const& variables, std::string const& name) {
            return std::any_of(variables.begin(), variables.end(),
                               [&name](auto const& one) { return one.first == name; });
        };
        for (auto const& name : needs_.names) {
            if (gives(row.cells, name) || gives(others_, name)) continue;
            findings.warning(where, fmt::format("'{0}' is empty in this row: '{{{{{0}|text}}}}' "
                                                "says what stands in its place, '{{{{{0}|}}}}' "
                                                "that nothing does",
                                                name));
        }
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

    /// Returns the error when a cell has a variable that neither the row nor the job defines.
    std::string wrong_uses(Template const& text, Row const& row) const {
        std::vector<std::string_view> names;
        for (auto const* variables : {&row.cells, &others_}) {
            for (auto const& variable : *variables) names.push_back(variable.first);
        }
        auto const& columns = job_.table->columns();
        for (auto const& use : text.variables()) {
            bool const defined =
                std::find(names.begin(), names.end(), use.name) != names.end() ||
                std::find(columns.begin(), columns.end(), use.name) != columns.end();
            if (!use.has_default && !defined)
                return fmt::format("undefined variable '{{{{{}}}}}'{}", use.name,
                                   did_you_mean(use.name, names));
        }
        return {};
    }

    std::string wrong_names(Row const& row) const {
        auto const has = [&row](std::string const& name) {
            return std::any_of(row.cells.begin(), row.cells.end(),
                               [&name](auto const& cell) { return cell.first == name; });
        };
        for (auto const& name : needs_.names) {
            if (has(name)) continue;
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
    TextSource source_;
    bool may_be_blank_;
    bool checks_names_;
    Variables others_; ///< Variables that rows do not define.
    Variables values_;
};

} // namespace

std::uint64_t check_rows(JobSpec const& job, RowNeeds const& needs, Findings& findings) {
    auto const source = findings.add_table(job.table->shown());
    RowCheck check(job, needs, findings);
    RowReader reader(job.table);
    Row row;
    std::uint64_t rows = 0;
    for (int wrong = 0; wrong < wrong_rows_max;) {
        TableProblem problem;
        bool const has_row = reader.next(row, problem);
        if (!has_row && problem.text.empty()) break;
        if (has_row) {
            ++rows;
            problem = {row.line, check.wrong(row)};
            Where const where{source, static_cast<std::size_t>(row.line)};
            if (problem.text.empty()) check.lint(row, where);
        }
        if (problem.text.empty()) continue;
        findings.error({source, static_cast<std::size_t>(problem.line)}, problem.text);
        ++wrong;
        if (problem.line == 0) break; // the file as a whole
    }
    return rows;
}

} // namespace darkroom::jobs
