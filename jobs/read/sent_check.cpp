#include "jobs/read/sent_check.hpp"

#include "jobs/language/prompt_parts.hpp"

#include <algorithm>

namespace darkroom::jobs {

namespace {

constexpr std::uint64_t texts_max = 64;      // of one job
constexpr std::uint64_t bytes_max = 131'072; // of these texts; the first and another one always
constexpr auto any_word = "0";               // a cell as good as any: a number, a code and a word

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
        take(job.prompt.expand(which, first));
    for (auto const& axis : job.matrix) {
        auto values = first;
        auto const slot = std::find_if(values.begin(), values.end(),
                                       [&axis](auto const& one) { return one.first == axis.name; });
        for (std::size_t i = 1; i < axis.values.size() && i < most; ++i) {
            slot->second = axis.values[i];
            take(job.prompt.expand(0, values));
        }
    }
}

/// Finds the place of a word in the texts of a job.
class WordPlaces {
public:
    WordPlaces(JobDraft const& draft, Findings const& findings)
        : draft_(draft), findings_(findings) {}

    Where of(std::string_view word) const {
        for (auto const& param : draft_.params) {
            if (param.kind != ParamDraft::Kind::removed && word.substr(2) == param.key.value)
                return param.key.where;
        }
        std::vector<Text const*> texts{&draft_.prefix, &draft_.suffix};
        if (draft_.prompt) texts.insert(texts.begin() + 1, &*draft_.prompt);
        for (auto const& variable : draft_.vars) texts.push_back(&variable.value);
        for (auto const& axis : draft_.matrix) {
            for (auto const& value : axis.values) texts.push_back(&value);
        }
        for (auto const* text : texts) {
            auto const at = text->value.find(word);
            if (at != std::string::npos) return findings_.inside(text->where, text->value, at);
        }
        return draft_.prompt ? draft_.prompt->where : Where();
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
    for_some_texts(spec, [&](std::string const& text) {
        for (auto const& problem : problems_of_sent(text, *params, mode))
            findings.warning(places.of(problem.word), problem.text);
    });
}

RowSentCheck::RowSentCheck(JobSpec const& job) : job_(job) {
    auto const* params = job.service->params;
    if (params == nullptr) return;
    for_some_texts(job, [&](std::string const& text) {
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
