#include "jobs/read/sent_check.hpp"

#include "jobs/language/prompt_parts.hpp"
#include "jobs/read/row_variables.hpp"
#include "jobs/services/prompt_params.hpp"

#include <algorithm>

namespace darkroom::jobs {

namespace {

constexpr std::uint64_t texts_max = 64; // of one job
constexpr std::uint64_t sent_bytes_max =
    131'072; // of these texts; the first and another one always
constexpr std::uint64_t listed_bytes_max = 64u << 20; // of the texts of a list of prompts
constexpr std::size_t fine_max = 10'000; // of the cells behind parameters that are remembered

std::string mode_of(JobSpec const& job, Variables const& variables) {
    auto mode = fill(job.fields.text("mode").value_or(""), variables);
    return mode.empty() ? "fast" : mode;
}

std::vector<VariableUse> uses_of(std::string_view text) {
    std::vector<TextProblem> ignored; // reported when the job was read
    return variables_in(text, ignored);
}

/// Collects the prompts below a list of branches.
void collect_follow_ups(JobSpec const& job, std::vector<Branch> const& branches,
                        std::vector<FollowUpPrompt>& found) {
    for (auto const& branch : branches) {
        auto const prompt = branch.fields.text("prompt");
        auto const own = branch.fields.text("mode");
        auto const mode = own ? own : job.fields.text("mode");
        if (prompt && job.service->params != nullptr)
            found.push_back({*prompt, mode.value_or("fast"), {}});
        collect_follow_ups(job, branch.then, found);
    }
}

/// Returns the prompts of all follow-ups, with the problems that do not depend on variables: these
/// were reported at their place.
std::vector<FollowUpPrompt> follow_ups_of(JobSpec const& job) {
    std::vector<FollowUpPrompt> found;
    collect_follow_ups(job, *job.then, found);
    for (auto& one : found) {
        Variables unknown;
        for (auto const& use : uses_of(one.text)) unknown.emplace_back(use.name, unknown_text);
        auto const text = fill(one.text, unknown);
        for (auto const& problem : problems_of_sent(text, *job.service->params, unknown_text))
            one.known.emplace(problem.kind, problem.word);
    }
    return found;
}

/// Calls `warn` with each problem that values of variables make.
template <class Warn>
void check_follow_up(FollowUpPrompt& one, JobSpec const& job, Variables const& values, Warn warn) {
    auto const text = fill(one.text, values);
    auto const mode = fill(one.mode, values);
    for (auto const& problem : problems_of_sent(text, *job.service->params, mode)) {
        if (one.known.emplace(problem.kind, problem.word).second) warn(problem.text);
    }
}

/// Returns the first value of each variable; those that a row has are unknown.
Variables sample_values(JobSpec const& job) {
    auto values = job.vars;
    for (auto const& axis : job.matrix) values.emplace_back(axis.name, axis.values.front());
    auto uses = job.prompt.variables();
    auto texts = std::vector<std::string>{job.fields.text("mode").value_or("")};
    std::vector<FollowUpPrompt> below;
    collect_follow_ups(job, *job.then, below);
    for (auto const& one : below) {
        texts.push_back(one.text);
        texts.push_back(one.mode);
    }
    for (auto const& text : texts) {
        for (auto& use : uses_of(text)) uses.push_back(std::move(use));
    }
    for (auto const& use : uses) {
        if (job.table && is_of_row(use.name, job)) {
            std::erase_if(values, [&use](auto const& one) { return one.first == use.name; });
            values.emplace_back(use.name, unknown_text);
        }
    }
    return values;
}

/// Returns how many texts of a job are looked at: fewer when they are long.
std::uint64_t texts_to_take(JobSpec const& job) {
    std::uint64_t bytes = 1;
    for (auto const& part : job.prompt.parts()) bytes = plus(bytes, part->longest);
    return std::clamp<std::uint64_t>(sent_bytes_max / bytes, 2, texts_max);
}

/// Calls `take` with a number of texts that differ as much as possible.
template <class Take>
void for_some_texts(JobSpec const& job, Take take) {
    auto const first = sample_values(job);
    auto const count = job.prompt.count();
    auto const most = texts_to_take(job);
    auto const step = std::max<std::uint64_t>(count / most, 1);
    std::uint64_t which = 0;
    for (std::uint64_t taken = 0; taken < most && which < count; ++taken, which += step)
        take(which, job.prompt.expand(which, first), first);
    for (auto const& axis : job.matrix) {
        auto values = first;
        auto const slot = std::find_if(values.begin(), values.end(),
                                       [&axis](auto const& one) { return one.first == axis.name; });
        for (std::size_t i = 1; i < axis.values.size() && i < most; ++i) {
            slot->second = axis.values[i];
            take(std::uint64_t{0}, job.prompt.expand(0, values), values);
        }
    }
}

/// The prompts of a job that has a list of them.
class ListedPrompts {
public:
    ListedPrompts(JobSpec const& job, std::vector<Text> const& texts) : texts_(texts) {
        if (texts.empty()) return;
        auto const& names = job.prompt_parts;
        auto const own = std::find(names.begin(), names.end(), "prompt") - names.begin();
        auto const& parts = job.prompt.parts();
        auto const& part = parts[static_cast<std::size_t>(own)]->parts.front();
        choice_ = part.styled ? part.styled->subject.parts.front().choice : part.choice;
        for (auto at = static_cast<std::size_t>(own) + 1; at < parts.size(); ++at)
            below_ = times(below_, parts[at]->count);
    }

    std::size_t size() const { return texts_.size(); }
    /// Returns the number of the first text of a prompt.
    std::uint64_t first_of(std::size_t prompt) const {
        return choice_->options[prompt].before * below_;
    }
    /// Returns the prompt behind a text; null: there is no list.
    Text const* behind(std::uint64_t which) const {
        if (texts_.empty()) return nullptr;
        auto const number = which / below_ % choice_->count;
        auto const& options = choice_->options;
        auto const after = std::upper_bound(
            options.begin(), options.end(), number,
            [](std::uint64_t value, Option const& option) { return value < option.before; });
        return &texts_[static_cast<std::size_t>(after - options.begin()) - 1];
    }

private:
    std::vector<Text> const& texts_;
    std::shared_ptr<Choice const> choice_; ///< Takes a prompt; null without a list.
    std::uint64_t below_ = 1;              ///< Texts of all that stands behind them.
};

/// Calls `take` with the first text of each prompt of a list.
template <class Take>
void for_listed_texts(JobSpec const& job, ListedPrompts const& prompts, Take take) {
    auto const first = sample_values(job);
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < prompts.size() && bytes < listed_bytes_max; ++i) {
        auto const text = job.prompt.expand(prompts.first_of(i), first);
        bytes += text.size();
        take(prompts.first_of(i), text, first);
    }
}

/// Finds the place of a word in the texts of a job.
class WordPlaces {
public:
    WordPlaces(JobDraft const& draft, Findings const& findings)
        : draft_(draft), findings_(findings) {}

    /// `prompt`: the one that the word is in or near; null: the job's only one.
    Where of(std::string_view word, Text const* prompt) const {
        for (auto const& param : draft_.params) {
            if (param.kind != ParamDraft::Kind::removed && word.substr(2) == param.key.value)
                return param.key.where;
        }
        if (prompt == nullptr && draft_.prompt) prompt = &*draft_.prompt;
        std::vector<Text const*> texts{&draft_.prefix};
        if (prompt != nullptr) texts.push_back(prompt);
        texts.push_back(&draft_.suffix);
        for (auto const& variable : draft_.vars) texts.push_back(&variable.value);
        for (auto const& axis : draft_.matrix) {
            for (auto const& value : axis.values) texts.push_back(&value);
        }
        for (auto const* text : texts) {
            auto const at = text->value.find(word);
            if (at != std::string::npos) return findings_.inside(text->where, text->value, at);
        }
        return prompt != nullptr ? prompt->where : Where();
    }

private:
    JobDraft const& draft_;
    Findings const& findings_;
};

/// Returns true for what was found in the text of one part already, or in a wildcard file.
bool is_reported(SentProblem const& problem, Findings const& findings) {
    using Kind = SentProblem::Kind;
    return (problem.kind == Kind::value || problem.kind == Kind::unknown) &&
           findings.has_text(problem.text);
}

} // namespace

void check_sent(JobSpec const& spec, JobDraft const& draft, Findings& findings) {
    auto const* params = spec.service->params;
    if (params == nullptr || !draft.prompt) return;
    WordPlaces const places(draft, findings);
    ListedPrompts const prompts(spec, draft.prompt_list);
    auto const look = [&](std::uint64_t which, std::string const& text, Variables const& values) {
        for (auto const& problem : problems_of_sent(text, *params, mode_of(spec, values))) {
            if (!is_reported(problem, findings))
                findings.warning(places.of(problem.word, prompts.behind(which)), problem.text);
        }
    };
    for_some_texts(spec, look);
    for_listed_texts(spec, prompts, look);
}

void check_sent_follow_ups(JobSpec const& spec, Where const& where, Findings& findings) {
    auto const warn = [&](std::string const& text) { findings.warning(where, text); };
    auto const first = sample_values(spec);
    for (auto& one : follow_ups_of(spec)) {
        check_follow_up(one, spec, first, warn);
        for (auto const& axis : spec.matrix) {
            auto values = first;
            auto const slot =
                std::find_if(values.begin(), values.end(),
                             [&axis](auto const& value) { return value.first == axis.name; });
            for (auto const& value : axis.values) {
                slot->second = value;
                check_follow_up(one, spec, values, warn);
            }
        }
    }
}

void check_sent_follow_up(Text const& prompt, PromptParams const& params, Findings& findings) {
    Variables values;
    for (auto const& use : uses_of(prompt.value)) values.emplace_back(use.name, unknown_text);
    auto const text = fill(prompt.value, values);
    for (auto const& problem : problems_of_sent(text, params, unknown_text)) {
        auto const at = prompt.value.find(problem.word);
        auto const where = at == std::string::npos
                               ? prompt.where
                               : findings.inside(prompt.where, prompt.value, at);
        findings.warning(where, problem.text);
    }
}

RowSentCheck::RowSentCheck(JobSpec const& job) : job_(job) {
    auto const* params = job.service->params;
    if (params == nullptr) return;
    for_some_texts(job, [&](std::uint64_t, std::string const& text, Variables const& values) {
        for (auto const& problem : problems_of_sent(text, *params, mode_of(job, values)))
            known_.emplace(problem.kind, problem.word);
    });
    auto values = sample_values(job);
    for (auto& [name, value] : values) {
        if (value == unknown_text) value = '\x02' + name + '\x02';
    }
    auto const text = job.prompt.expand(0, values);
    auto const first_param = text.find("--");
    for (auto const& use : job.prompt.variables()) {
        sent_.insert(use.name);
        auto const at = text.rfind('\x02' + use.name + '\x02');
        if (at != std::string::npos && at > first_param) behind_.try_emplace(use.name, nullptr);
    }
    find_options();
    for (auto& one : follow_ups_of(job)) {
        check_follow_up(one, job, sample_values(job), [](std::string const&) {}); // reported
        auto uses = uses_of(one.text);
        for (auto& use : uses_of(one.mode)) uses.push_back(std::move(use));
        bool const is_of_rows = std::any_of(
            uses.begin(), uses.end(), [&job](auto const& use) { return is_of_row(use.name, job); });
        if (is_of_rows) follow_ups_.push_back(std::move(one));
    }
}

void RowSentCheck::check_follow_ups(Variables const& variables, Where const& where,
                                    Findings& findings) const {
    auto const warn = [&](std::string const& text) { findings.warning(where, text); };
    for (auto one : follow_ups_) check_follow_up(one, job_, variables, warn);
}

/// Finds the variables that are the whole value of one option: such a value is checked by itself.
void RowSentCheck::find_options() {
    auto const uses = job_.prompt.variables();
    for (auto const& sequence : job_.prompt.parts()) {
        bool const is_one = !sequence->lead.empty() && sequence->parts.size() == 1 &&
                            sequence->parts.front().kind == TextPart::Kind::variable;
        if (!is_one) continue;
        auto const& name = sequence->parts.front().text;
        auto const known = behind_.find(name);
        auto const times_used = std::count_if(
            uses.begin(), uses.end(), [&name](auto const& use) { return use.name == name; });
        if (known != behind_.end() && times_used == 1)
            known->second = job_.service->params->find(std::string_view(sequence->lead).substr(2));
    }
}

bool RowSentCheck::is_odd(Variables const& cells) const {
    if (job_.service->params == nullptr) return false;
    for (auto const& [name, value] : cells) {
        if (value.find("--") != std::string::npos && sent_.contains(name)) return true;
    }
    return std::any_of(behind_.begin(), behind_.end(), [&cells](auto const& one) {
        auto const& [name, rule] = one;
        if (rule == nullptr) return true;
        auto const cell =
            std::find_if(cells.begin(), cells.end(),
                         [&name = name](auto const& known) { return known.first == name; });
        if (cell == cells.end()) return false; // the option is left out
        bool const is_value =
            rule->shape == ParamRule::Shape::number || rule->shape == ParamRule::Shape::ratio;
        return !is_value || !wrong_value(*rule, cell->second).empty();
    });
}

void RowSentCheck::check(Template const& prompt, Variables const& variables, Where const& where,
                         Findings& findings) {
    constexpr std::uint64_t row_texts_max = 16;
    auto const mode = mode_of(job_, variables);
    auto const texts = std::min(prompt.count(), row_texts_max);
    for (std::uint64_t which = 0; which < texts; ++which)
        check_text(prompt.expand(which, variables), mode, variables, where, findings);
}

void RowSentCheck::check_text(std::string const& text, std::string const& mode,
                              Variables const& variables, Where const& where, Findings& findings) {
    auto const from = std::min(text.find("--"), text.size());
    auto behind = mode + text.substr(from);
    if (fine_.contains(behind)) return;
    bool is_fine = true;
    for (auto const& problem : problems_of_sent(text, *job_.service->params, mode)) {
        is_fine = false;
        bool const is_seen =
            problem.kind == SentProblem::Kind::unknown &&
            std::any_of(variables.begin(), variables.end(), [&problem](auto const& one) {
                return one.second.find(problem.word) != std::string::npos;
            });
        if (!is_seen && !known_.contains({problem.kind, std::string(problem.word)}))
            findings.warning(where, problem.text);
    }
    if (is_fine && fine_.size() < fine_max) fine_.insert(std::move(behind));
}

} // namespace darkroom::jobs
