// What a person says about unknown steps: which step is meant, and the fact that is written.
#include "runner/cli/person_word.hpp"

#include "tests/cli/cli_fixture.hpp"

using namespace darkroom;
using namespace darkroom::cli;
using namespace darkroom::test;

namespace {

OpenStep open_step(Digest const& key, std::uint64_t item, int repeat = 0) {
    OpenStep step;
    step.key = key;
    step.state.phase = engine::Phase::open;
    step.state.info.job = "cars";
    step.state.info.item = item;
    step.state.info.repeat = repeat;
    return step;
}

/// A key of 64 digits that begins with these.
Digest key_from(std::string text) {
    text.resize(64, '0');
    Digest key{};
    BOOST_REQUIRE(from_hex(text, key));
    return key;
}

/// The state after the facts of one attempt, and the word.
engine::StepState after(std::vector<engine::Fact> facts) {
    engine::StepState state;
    WallTime at(std::chrono::hours(24));
    for (auto& fact : facts)
        state.apply({Digest(), at += std::chrono::seconds(1), std::move(fact)});
    return state;
}

} // namespace

BOOST_AUTO_TEST_SUITE(person_word)

BOOST_AUTO_TEST_CASE(a_step_is_named_by_its_name_or_by_eight_digits_of_its_key) {
    std::vector<OpenStep> const steps{open_step(key_from("3f2a9c01aa"), 1),
                                      open_step(key_from("3f2a9c01bb"), 2),
                                      open_step(key_from("77"), 2, 1), open_step(key_from("88"), 3),
                                      open_step(key_from("99"), 3)};
    struct Row {
        std::string text;
        int found; ///< An index; -1: refused.
        std::string refusal = {};
    };
    Row const rows[] = {
        {"cars/1", 0},
        {"cars/2", 1},
        {"cars/2#2", 2},
        {"3f2a9c01a", 0},
        {to_hex(steps[1].key), 1},
        {"3f2a9c01", -1, "names 2 steps; write more digits"},
        {"cars/3", -1, "names 2 steps"},
        {"3f2a9c0", -1, "at least eight digits"},
        {"cars/9", -1, "'darkroom status out/cars' lists them"},
        {"3f2a9c01ff", -1, "no unknown step of out/cars"},
        {"", -1, "no unknown step"},
    };
    for (auto const& row : rows) {
        OpenStep const* found = nullptr;
        auto const ended = end_of([&] { found = &step_named(row.text, steps, "out/cars"); });
        if (row.found >= 0) BOOST_TEST(found == &steps.at(static_cast<std::size_t>(row.found)));
        if (row.found >= 0) continue;
        BOOST_TEST(ended.code == ExitCode::usage, row.text);
        BOOST_TEST(ended.text.find(row.refusal) != std::string::npos, ended.text);
    }
}

BOOST_AUTO_TEST_CASE(only_a_task_that_was_not_searched_for_was_named_by_the_service) {
    auto step = open_step(key_from("1"), 1);
    BOOST_TEST(!is_named_by_service(step));
    step.state.task_id = "task-1";
    BOOST_TEST(is_named_by_service(step));
    step.state.by_search = true;
    BOOST_TEST(!is_named_by_service(step));
}

BOOST_AUTO_TEST_CASE(a_step_that_was_never_taken_is_wanted_with_all_attempts_and_has_not_failed) {
    auto const fact = fact_of({Word::not_taken, ""});
    auto const& failed = std::get<engine::Failed>(fact);
    BOOST_TEST(!failed.final);
    BOOST_TEST(failed.left);
    BOOST_TEST((failed.problem.verdict == engine::Verdict::transient));
    BOOST_TEST(failed.problem.code == "not_taken");
    BOOST_TEST(!failed.problem.message.empty());
    auto const state = after({engine::Submitted{}, fact});
    BOOST_TEST((state.phase == engine::Phase::wanted));
    BOOST_TEST(state.attempts == 0);
}

BOOST_AUTO_TEST_CASE(a_task_that_a_person_names_is_followed_and_may_fail_like_one_that_was_found) {
    auto const fact = fact_of({Word::task, "task-1"});
    auto const& accepted = std::get<engine::Accepted>(fact);
    BOOST_TEST(accepted.by_person);
    BOOST_TEST(accepted.by_search);
    auto const state = after({engine::Submitted{}, fact});
    BOOST_TEST((state.phase == engine::Phase::open));
    BOOST_TEST(state.task_id == "task-1");
}

BOOST_AUTO_TEST_CASE(a_task_that_is_not_ours_is_taken_from_its_step) {
    auto const fact = fact_of({Word::not_ours, "task-1"});
    BOOST_TEST(std::get<engine::SetAside>(fact).task_id == "task-1");
    BOOST_TEST(!std::get<engine::SetAside>(fact).why.empty());
    auto const state = after({engine::Submitted{}, engine::Accepted{"task-1", true}, fact});
    BOOST_TEST((state.phase == engine::Phase::open));
    BOOST_TEST(state.task_id.empty());
}

// Printed for scripts: these names never change.
BOOST_AUTO_TEST_CASE(every_word_has_its_name) {
    BOOST_TEST(name_of(Word::task) == "task");
    BOOST_TEST(name_of(Word::not_taken) == "not_taken");
    BOOST_TEST(name_of(Word::not_ours) == "not_ours");
    for (auto const word : {Word::task, Word::not_taken, Word::not_ours})
        BOOST_TEST(what_follows(word).starts_with("the next run "));
}

BOOST_AUTO_TEST_SUITE_END()
