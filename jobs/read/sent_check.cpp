#include "jobs/read/sent_check.hpp"

#include "jobs/language/prompt_parts.hpp"

#include <algorithm>

namespace darkroom::jobs {

namespace {

constexpr std::uint64_t texts_max = 64;      // of one job
constexpr std::uint64_t bytes_max = 131'072; // of these texts; the first and another one always
constexpr std::uint64_t listed_bytes_max = 64u << 20; // of the texts of a list of prompts
constexpr auto any_word = "0"; // a cell as good as any: a number, a code and a word

std::string mode_of(JobSpec const& job) { return job.fields.text("mode").value_or("fast"); }

bool has_value_for(Variables const& variables, std::string const& name) {
    return std::any_of(variables.begin(), variables.end(),
                       [&name](auto const& one) { return one.first == name; });
}

/// Returns the first value of each variable, and a word for each that a row has.
Variables sample_values(JobSpec const& job) {
    auto values = job.vars;
    for (auto const& axis : job.matrix) values.emplace_back(axis.name, axis.values.front());
    for (auto const& use : job.prompt.variables()) {
        if (job.table && !has_value_for(values, use.name)) values.emplace_back(use.name, any_word);
    }
    return values;
}

/// Returns how many texts of a job are looked at: fewer when they are long.
std::uint64_t texts_to_take(JobSpec const& job) {
    std::uint64_t bytes = 1;
    for (auto const& part : job.prompt.parts()) bytes = plus(bytes, part->longest);
    return std::clamp<std::uint64_t>(bytes_max / bytes, 2, texts_max);
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
        take(which, job.prompt.expand(which, first));
    for (auto const& axis : job.matrix) {
        auto values = first;
        auto const slot = std::find_if(values.begin(), values.end(),
                                       [&axis](auto const& one) { return one.first == axis.name; });
        for (std::size_t i = 1; i < axis.values.size() && i < most; ++i) {
            slot->second = axis.values[i];
            take(std::uint64_t{0}, job.prompt.expand(0, values));
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
        take(prompts.first_of(i), text);
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
        std::vector<Text const*> texts{&draft_.prefix, &draft_.suffix};
        if (prompt == nullptr && draft_.prompt) prompt = &*draft_.prompt;
        if (prompt != nullptr) texts.insert(texts.begin() + 1, prompt);
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

} // namespace

void check_sent(JobSpec const& spec, JobDraft const& draft, Findings& findings) {
    auto const* params = spec.service->params;
    if (params == nullptr || !draft.prompt) return;
    WordPlaces const places(draft, findings);
    auto const mode = mode_of(spec);
    ListedPrompts const prompts(spec, draft.prompt_list);
    auto const look = [&](std::uint64_t which, std::string const& text) {
        for (auto const& problem : problems_of_sent(text, *params, mode))
            findings.warning(places.of(problem.word, prompts.behind(which)), problem.text);
    };
    for_some_texts(spec, look);
    for_listed_texts(spec, prompts, look);
}

RowSentCheck::RowSentCheck(JobSpec const& job) : job_(job) {
    auto const* params = job.service->params;
    if (params == nullptr) return;
    for_some_texts(job, [&](std::uint64_t, std::string const& text) {
        for (auto const& problem : problems_of_sent(text, *params, mode_of(job)))
            known_.emplace(problem.kind, problem.word);
    });
    auto values = sample_values(job);
    for (auto& [name, value] : values) {
        if (!has_value_for(job.vars, name)) value = '\x01' + name + '\x01';
    }
    auto const text = job.prompt.expand(0, values);
    auto const first_param = text.find("--");
    for (auto const& use : job.prompt.variables()) {
        sent_.insert(use.name);
        auto const at = text.rfind('\x01' + use.name + '\x01');
        if (at != std::string::npos && at > first_param) behind_.insert(use.name);
    }
}

bool RowSentCheck::is_odd(Variables const& cells) const {
    if (job_.service->params == nullptr) return false;
    return std::any_of(cells.begin(), cells.end(), [this](auto const& cell) {
        auto const& [name, value] = cell;
        if (value.find("--") != std::string::npos) return sent_.contains(name);
        return !behind_.empty() && behind_.contains(name) &&
               value.find_first_of(" ,;") != std::string::npos;
    });
}

void RowSentCheck::check(Template const& prompt, Variables const& variables, Where const& where,
                         Findings& findings) const {
    auto const text = prompt.expand(0, variables);
    for (auto const& problem : problems_of_sent(text, *job_.service->params, mode_of(job_))) {
        if (!known_.contains({problem.kind, std::string(problem.word)}))
            findings.warning(where, problem.text);
    }
}

} // namespace darkroom::jobs
