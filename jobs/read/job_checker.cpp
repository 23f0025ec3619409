#include "jobs/read/job_checker.hpp"

#include "jobs/read/branches.hpp"
#include "jobs/read/exclude_rules.hpp"
#include "jobs/read/filled_fields.hpp"
#include "jobs/read/job_lint.hpp"
#include "jobs/read/job_size.hpp"
#include "jobs/read/job_start.hpp"
#include "jobs/read/job_table.hpp"
#include "jobs/read/request_fields.hpp"
#include "jobs/read/row_variables.hpp"
#include "jobs/read/rows_check.hpp"
#include "jobs/read/sent_check.hpp"
#include "jobs/read/text_lint.hpp"
#include "jobs/services/addresses.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace darkroom::jobs {

namespace {

constexpr std::uint64_t steps_max = 100'000;
/// Turns one draft into a JobSpec and checks everything that depends on several keys.
class JobChecker {
public:
    JobChecker(JobDraft draft, Where where, JobContext& context)
        : draft_(without_foreign(std::move(draft))), where_(where), context_(context),
          findings_(context.findings) {}

    JobSpec check(std::string id) {
        auto const errors_before = findings_.errors();
        // Without the values of a variable, texts cannot be checked.
        bool const knows_values = draft_.knows_variables;
        spec_.id = std::move(id);
        spec_.service = draft_.service;
        spec_.repeat = draft_.repeat;
        spec_.download = draft_.download;
        spec_.fields = draft_.fields;
        spec_.sample = draft_.sample;
        spec_.max_items = draft_.max_items;
        spec_.expand = draft_.expand;
        spec_.wildcards = (context_.base / "wildcards").string();
        if (draft_.placeholder) spec_.placeholder = draft_.placeholder->value;
        check_cell_keys();
        take_table();
        take_variables();
        spec_.exclude = read_exclude(draft_, spec_.matrix, findings_);
        origin_ = read_start(draft_, where_, spec_, findings_);
        take_images();
        take_repeat();
        take_prompt();
        take_follow_ups();
        lint_job(draft_, findings_);
        check_uses();
        auto const is_fine = [&] { return knows_values && findings_.errors() == errors_before; };
        if (spec_.table && is_fine()) count_rows();
        if (is_fine()) check_job_size(spec_, {where_, draft_.max_items_where}, context_);
        if (is_fine()) check_sent(spec_, draft_, findings_);
        if (is_fine()) check_sent_follow_ups(spec_, place_of_branches(), findings_);
        bool const is_required = !needs_.prompt_may_be_blank && draft_.prompt;
        if (is_fine() && is_required && !spec_.table)
            check_blank(spec_, words_, draft_.prompt->where, findings_);
        return std::move(spec_);
    }

private:
    void check_cell_keys() {
        if (draft_.table) return;
        if (draft_.expand)
            findings_.error(draft_.expand_where,
                            "'expand' is for the rows of a table: name one in 'prompts'");
        if (draft_.placeholder)
            findings_.error(draft_.placeholder->where,
                            "'placeholder' is for the rows of a table: name one in 'prompts'");
    }

    void take_table() {
        if (!draft_.table) return;
        spec_.table = open_table(*draft_.table, context_);
        if (spec_.table) columns_ = spec_.table->columns();
        if (!spec_.table || !spec_.table->knows_columns()) draft_.knows_variables = false;
    }

    bool is_column(std::string const& name) const {
        return std::find(columns_.begin(), columns_.end(), name) != columns_.end();
    }

    void refuse_column(Text const& name, std::string_view key) {
        findings_.error(name.where, fmt::format("'{}' is in '{}' and a column of '{}': which is "
                                                "meant?",
                                                name.value, key, spec_.table->shown()));
    }

    void take_variables() {
        names_ = columns_;
        for (auto const& axis : draft_.matrix) {
            Axis made{axis.name.value, {}};
            std::set<std::string> seen;
            for (auto const& value : axis.values) {
                if (!seen.insert(value.value).second)
                    findings_.error(
                        value.where,
                        fmt::format("'{}' is in '{}' twice: to buy the same again, use 'repeat'",
                                    value.value, axis.name.value));
                made.values.push_back(value.value);
            }
            if (is_column(made.name)) refuse_column(axis.name, "matrix");
            names_.push_back(made.name);
            if (!made.values.empty()) spec_.matrix.push_back(std::move(made));
        }
        for (auto const& variable : draft_.vars) {
            bool const taken =
                std::any_of(draft_.matrix.begin(), draft_.matrix.end(), [&](AxisDraft const& axis) {
                    return axis.name.value == variable.name.value;
                });
            // A column takes precedence over a variable of the defaults, which then fills its empty
            // cells.
            if (is_column(variable.name.value) && !variable.inherited)
                refuse_column(variable.name, "vars");
            if (taken && !variable.inherited)
                findings_.error(variable.name.where,
                                fmt::format("'{}' is in 'matrix' and in 'vars': which is meant?",
                                            variable.name.value));
            if (taken) continue;
            if (!is_column(variable.name.value)) names_.push_back(variable.name.value);
            spec_.vars.emplace_back(variable.name.value, variable.value.value);
        }
    }

    /// Returns null when the list is not complete: no name can then be called undefined.
    std::vector<std::string> const* known_names() const {
        return draft_.knows_variables ? &names_ : nullptr;
    }

    void take_images() {
        auto const images_max = draft_.service->images_max;
        if (draft_.images.size() > images_max)
            findings_.error(draft_.images[images_max].where,
                            fmt::format("{} images, but the service blends {} at most",
                                        draft_.images.size(), images_max));
        for (auto const& image : draft_.images) {
            take_filled({image.value, nullptr, !takes_many_images()}, image.where);
            spec_.images.push_back(image.value);
        }
        auto const* action = draft_.service->find_action(origin_.action);
        for (auto const& [key, text] : draft_.filled) {
            if (spec_.fields.text(key) != text.value) continue; // it is not sent
            bool const is_needed = action != nullptr && action->needs == key;
            take_filled({text.value, draft_.service->find_field(key), is_needed}, text.where);
        }
        bool const has_pictures =
            std::any_of(needs_.fields.begin(), needs_.fields.end(), [](FilledField const& one) {
                return one.field && one.field->takes == RequestField::Takes::picture;
            });
        if (has_pictures) spec_.folder = context_.base.string();
    }

    void take_filled(FilledField const& field, Where const& where) {
        auto const before = findings_.errors();
        check_fill({field.text, where}, known_names(), findings_);
        bool const is_of_row =
            findings_.errors() == before && check_filled(field, where, spec_, findings_);
        if (is_of_row) needs_.fields.push_back(field);
        note(uses_in(field.text), field.is_required ? required_ : optional_);
    }

    /// Reads a number of repeats that a variable says.
    void take_repeat() {
        if (!draft_.repeat_from) return;
        auto const& text = *draft_.repeat_from;
        auto const before = findings_.errors();
        check_fill(text, known_names(), findings_);
        note(uses_in(text.value), optional_);
        if (findings_.errors() == before) read_repeat(text, spec_, findings_);
    }

    void note(std::vector<VariableUse> const& uses) { note(uses, required_); }

    void note(std::vector<VariableUse> const& uses, std::set<std::string>& needed) {
        for (auto const& use : uses) {
            used_.insert(use.name);
            if (!use.has_default) needed.insert(use.name);
        }
    }

    /// Images that stand before the prompt may make one picture without any.
    bool takes_many_images() const {
        return draft_.service->endpoint_of(draft_.kind->action).source.empty();
    }

    void take_prompt() {
        bool const generates = draft_.kind->needs_prompt && origin_.action == draft_.kind->action;
        bool const blends = takes_many_images() && spec_.images.size() >= 2;
        needs_.prompt_may_be_blank = !generates || blends;
        needs_.blends = generates && blends;
        bool const has_style = spec_.table && draft_.placeholder;
        if (has_style && !draft_.prompt)
            findings_.error(draft_.placeholder->where,
                            "'placeholder' is where the job's 'prompt' goes in each row, and the "
                            "job has none");
        if (has_style && !draft_.style) take_style_column();
        if (spec_.table && !draft_.prompt && generates && !has_style) take_prompt_column();
        auto const given = draft_.prompt && !trim(draft_.prompt->value).empty();
        if (draft_.prompt && !given) {
            findings_.error(draft_.prompt->where, "'prompt' is empty");
        } else if (generates && !blends && draft_.misses_prompt && !draft_.table) {
            findings_.error(where_, "this job has no 'prompt'");
        }
        std::vector<Template> parts;
        auto const add = [&](std::string name, Template part) {
            spec_.prompt_parts.push_back(std::move(name));
            parts.push_back(std::move(part));
        };
        add("prefix", read(draft_.prefix));
        if (draft_.prompt) {
            needs_.prompt = read_prompt();
            if (has_style && draft_.style)
                needs_.prompt =
                    Template::styled(read(*draft_.style), spec_.placeholder, needs_.prompt);
            spec_.words = needs_.prompt;
            add("prompt", needs_.prompt);
        }
        add("suffix", read(draft_.suffix));
        words_ = Template::joined(parts);
        for (auto const& param : draft_.params) {
            if (param.kind == ParamDraft::Kind::removed) continue;
            bool const is_flag = param.kind == ParamDraft::Kind::flag;
            auto value = is_flag ? Template() : read(param.value, optional_);
            if (!value.variables().empty()) {
                add("params." + param.key.value, Template::option("--" + param.key.value, value));
                continue;
            }
            add({}, Template::literal("--" + param.key.value));
            if (!is_flag) add("params." + param.key.value, std::move(value));
        }
        // A follow-up such as an upscale takes no prompt: prefix and suffix are for generations.
        if (generates || draft_.prompt) spec_.prompt = Template::joined(std::move(parts));
        auto const& where = draft_.prompt ? draft_.prompt->where : where_;
        if (!spec_.table)
            lint_length(spec_.prompt.expand(0, first_values(spec_)), where, findings_);
    }

    void take_style_column() {
        if (has_prompt_column()) draft_.style = Text{"{{prompt}}", draft_.table->file().where};
    }

    /// Without a prompt of its own a job takes the column of that name.
    void take_prompt_column() {
        if (has_prompt_column()) draft_.prompt = Text{"{{prompt}}", draft_.table->file().where};
    }

    bool has_prompt_column() {
        bool const there = !spec_.table->knows_columns() || is_column("prompt");
        if (there || needs_.prompt_may_be_blank) return there;
        findings_.error(draft_.table->file().where,
                        fmt::format("'{}' has no column 'prompt': say with 'prompt' how a row "
                                    "becomes one",
                                    spec_.table->shown()));
        return false;
    }

    Template read_prompt() {
        if (draft_.prompt_list.empty()) return read(*draft_.prompt);
        std::vector<Template> texts;
        for (auto const& text : draft_.prompt_list) {
            if (trim(text.value).empty()) findings_.error(text.where, "'prompt' is empty");
            texts.push_back(read(text));
        }
        return Template::one_of(texts);
    }

    Template read(Text const& text) { return read(text, required_); }

    Template read(Text const& text, std::set<std::string>& needed) {
        auto made = read_template(text, known_names(), findings_, &context_.wildcards);
        note(made.variables(), needed);
        return made;
    }

    void take_follow_ups() {
        auto const errors_before = findings_.errors();
        BranchReader reader(*draft_.service, findings_, known_names());
        auto then = std::make_shared<std::vector<Branch>>();
        if (draft_.then) {
            *then = reader.read_then(*draft_.then, {origin_});
            reader.check_visible(*draft_.then, spec_.download, *then);
        }
        if (draft_.chain) *then = reader.read_chain(*draft_.chain, origin_);
        auto const& where = place_of_branches();
        auto const kind = origin_.kind.value_or(ResultKind::single);
        if (most_steps(*draft_.service, *then, kind) > steps_max)
            findings_.error(where, fmt::format("more than {} steps below one image", steps_max));
        note_uses(*then, findings_.errors() == errors_before);
        spec_.then = std::move(then);
    }

    Where place_of_branches() const {
        if (draft_.then) return draft_.then->where;
        return draft_.chain ? draft_.chain->where : where_;
    }

    /// `are_fine`: without errors, which would be reported again.
    void note_uses(std::vector<Branch> const& branches, bool are_fine) {
        for (auto const& branch : branches) {
            note(uses_in(branch.fields.text("prompt").value_or("")));
            auto const* action = branch.actions.size() == 1
                                     ? draft_.service->find_action(branch.actions.front())
                                     : nullptr;
            for (auto const& field : draft_.service->fields) {
                auto const address =
                    field.is_address() ? address_to_fill(branch.fields, field.key) : std::nullopt;
                bool const is_needed = action != nullptr && action->needs == field.key;
                if (address && are_fine)
                    take_filled({*address, &field, is_needed, false}, place_of_branches());
            }
            note_uses(branch.then, are_fine);
        }
    }

    void check_uses() {
        if (spec_.expand) return; // a cell may use it
        for (auto const& axis : draft_.matrix) {
            if (used_.contains(axis.name.value) || axis.values.size() < 2) continue;
            findings_.warning(
                axis.name.where,
                fmt::format("'{{{{{}}}}}' is used nowhere: its values all ask for the "
                            "same image, which is made once",
                            axis.name.value));
        }
    }

    void count_rows() {
        for (auto const& name : required_) {
            if (is_of_row(name, spec_)) needs_.names.insert(name);
        }
        for (auto const& name : optional_) {
            if (is_of_row(name, spec_) && !needs_.names.contains(name))
                needs_.optional.insert(name);
        }
        needs_.used = used_;
        for (auto const& axis : spec_.matrix) needs_.axes.insert(axis.name);
        if (spec_.expand) needs_.wildcards = &context_.wildcards;
        needs_.texts = &spec_.row_texts;
        auto const errors_before = findings_.errors();
        spec_.skips_blank = draft_.table->skip_empty;
        auto const counted = check_rows(spec_, needs_, findings_);
        spec_.rows = counted.rows;
        spec_.repeats = counted.repeats;
        spec_.left_out = counted.left_out;
        auto const& file = draft_.table->file();
        if (spec_.rows == 0 && findings_.errors() == errors_before)
            findings_.error(file.where, fmt::format("'{}' has no rows", spec_.table->shown()));
        if (spec_.rows > context_.rows_left)
            findings_.error(file.where, "the jobs of this file read too many rows in all");
        context_.rows_left -= std::min(context_.rows_left, spec_.rows);
    }

    JobDraft draft_;
    Where where_;
    JobContext& context_;
    Findings& findings_;
    JobSpec spec_;
    RowNeeds needs_;
    std::vector<std::string> columns_; // as far as known before the rows are read
    std::vector<std::string> names_;   // of all variables
    std::set<std::string> used_;
    std::set<std::string> required_; // used without a default
    std::set<std::string> optional_; // the same, where an empty cell leaves something out
    Origin origin_;
    Template words_; // the prompt with prefix and suffix, without parameters
};

} // namespace

JobSpec check_job(JobDraft draft, Text id, JobContext& context) {
    return JobChecker(std::move(draft), id.where, context).check(std::move(id.value));
}

} // namespace darkroom::jobs
