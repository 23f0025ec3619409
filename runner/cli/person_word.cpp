#include "runner/cli/person_word.hpp"

#include "runner/report/board.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::cli {

namespace {

/// Shorter beginnings of a key are not accepted.
constexpr std::size_t digits_min = 8;

bool is_beginning_of_key(std::string const& text, std::string const& key) {
    return text.size() >= digits_min && key.starts_with(text);
}

engine::Failed never_taken() {
    engine::Problem problem;
    problem.verdict = engine::Verdict::transient;
    problem.code = "not_taken";
    problem.message = "a person said that the service never took it";
    engine::Failed failed{std::move(problem), false, std::nullopt};
    failed.left = true;
    return failed;
}

} // namespace

std::string_view name_of(Word word) {
    switch (word) {
    case Word::task: return "task";
    case Word::not_taken: return "not_taken";
    case Word::not_ours: return "not_ours";
    }
    return "";
}

OpenStep const& step_named(std::string const& text, std::vector<OpenStep> const& steps,
                           std::string const& directory) {
    std::vector<OpenStep const*> found;
    for (auto const& step : steps) {
        bool const is_it = report::step_name(step.state.info) == text ||
                           is_beginning_of_key(text, to_hex(step.key));
        if (is_it) found.push_back(&step);
    }
    if (found.size() == 1) return *found.front();
    if (found.size() > 1)
        throw Quit(ExitCode::usage, fmt::format("'{}' names {} steps; write more digits of the key",
                                                text, found.size()));
    bool const is_short = text.size() < digits_min && text.find('/') == std::string::npos;
    throw Quit(ExitCode::usage,
               fmt::format("'{}' is no unknown step of {}; 'darkroom status {}' lists them{}", text,
                           directory, directory,
                           is_short ? ". Write at least eight digits of the key" : ""));
}

bool is_named_by_service(OpenStep const& step) {
    return !step.state.task_id.empty() && !step.state.by_search;
}

engine::Fact fact_of(PersonWord const& word) {
    switch (word.word) {
    case Word::task: {
        engine::Accepted accepted{word.task_id, true};
        accepted.by_person = true;
        return accepted;
    }
    case Word::not_ours:
        return engine::SetAside{word.task_id, "a person said that it is another's"};
    case Word::not_taken: break;
    }
    return never_taken();
}

std::string_view what_follows(Word word) {
    switch (word) {
    case Word::task: return "the next run asks for this task and buys nothing for the step";
    case Word::not_taken: return "the next run sends it again, with all attempts";
    case Word::not_ours: return "the next run looks for another task of the step";
    }
    return "";
}

} // namespace darkroom::cli
