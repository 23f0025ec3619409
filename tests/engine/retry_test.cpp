// The failure classes: what each leads to, how long it waits, what the journal makes of it.
#include "runner/engine/retry.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

Problem problem(Verdict verdict, std::optional<Duration> retry_after = std::nullopt) {
    Problem out;
    out.verdict = verdict;
    out.retry_after = retry_after;
    return out;
}

jobs::Retry const policy{5, 1s, 60s, 30s};

/// The step after one more failure of this class, given up or not.
StepState after(Verdict verdict, bool final) {
    StepState state;
    state.apply({{}, {}, Submitted{}});
    state.apply({{}, {}, Failed{problem(verdict), final, std::nullopt}});
    return state;
}

struct Row {
    char const* name;
    Verdict verdict;
    std::optional<Duration> retry_after;
    int failed_before;
    Remedy remedy;
    Duration longest; ///< With chance just below 1; the shortest is 0, or the hint.
    Phase then;
    int attempts_then;
};

Row const rows[] = {
    {"transient, first", Verdict::transient, {}, 0, Remedy::again, 1s, Phase::wanted, 1},
    {"transient, third", Verdict::transient, {}, 2, Remedy::again, 4s, Phase::wanted, 1},
    {"transient, last", Verdict::transient, {}, 4, Remedy::give_up, 0s, Phase::failed, 1},
    {"transient with a hint", Verdict::transient, 7s, 0, Remedy::again, 7s, Phase::wanted, 1},
    {"429", Verdict::rate, {}, 0, Remedy::slow_down, 1s, Phase::wanted, 0},
    {"429 with a hint", Verdict::rate, 20s, 0, Remedy::slow_down, 20s, Phase::wanted, 0},
    {"429 after every attempt", Verdict::rate, {}, 4, Remedy::slow_down, 1s, Phase::wanted, 0},
    {"429 with an absurd hint", Verdict::rate, 9000h, 0, Remedy::slow_down, 1h, Phase::wanted, 0},
    {"no answer", Verdict::unknown, {}, 0, Remedy::look_up, 0s, Phase::open, 0},
    {"no answer, last attempt", Verdict::unknown, {}, 4, Remedy::look_up, 0s, Phase::open, 0},
    {"rejected", Verdict::rejected, {}, 0, Remedy::give_up, 0s, Phase::failed, 1},
    {"generation failed", Verdict::generation, {}, 1, Remedy::again, 2s, Phase::wanted, 1},
    {"generation, last", Verdict::generation, {}, 4, Remedy::give_up, 0s, Phase::failed, 1},
    {"token refused", Verdict::account, {}, 0, Remedy::stop_paying, 0s, Phase::wanted, 0},
    {"out of balance", Verdict::empty, {}, 0, Remedy::stop_paying, 0s, Phase::wanted, 0},
    {"disk full", Verdict::disk, {}, 0, Remedy::stop_all, 0s, Phase::wanted, 0},
};

} // namespace

BOOST_AUTO_TEST_CASE(each_failure_class_has_its_remedy) {
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            auto const failure = problem(row.verdict, row.retry_after);
            auto const late = decide(failure, {row.failed_before, 0, 0.999999999}, policy);
            auto const early = decide(failure, {row.failed_before, 0, 0.0}, policy);
            BOOST_TEST(name_of(late.remedy) == name_of(row.remedy));
            BOOST_TEST((late.wait <= row.longest && late.wait > row.longest - 1ms));
            auto const hint = std::min<Duration>(row.retry_after.value_or(0s), 1h);
            BOOST_TEST((early.wait == hint));
            auto const state = after(row.verdict, row.remedy == Remedy::give_up);
            BOOST_TEST(name_of(state.phase) == name_of(row.then));
            BOOST_TEST(state.attempts == row.attempts_then);
        }
    }
}

BOOST_AUTO_TEST_CASE(downloads_are_tried_again_within_the_attempts) {
    for (auto const verdict : {Verdict::download, Verdict::expired, Verdict::transient}) {
        auto const failure = problem(verdict);
        BOOST_TEST(name_of(decide_download(failure, {0, 0, 0.5}, policy).remedy) == "again");
        BOOST_TEST(name_of(decide_download(failure, {4, 0, 0.5}, policy).remedy) == "give_up");
    }
    auto const full = problem(Verdict::disk);
    BOOST_TEST(name_of(decide_download(full, {0, 0, 0.5}, policy).remedy) == "stop_all");
}

BOOST_AUTO_TEST_CASE(a_look_up_is_repeated_unless_the_account_is_of_no_use) {
    for (auto const verdict : {Verdict::transient, Verdict::rate})
        BOOST_TEST(name_of(remedy_of_look_up(problem(verdict))) == "again");
    for (auto const verdict : {Verdict::account, Verdict::empty})
        BOOST_TEST(name_of(remedy_of_look_up(problem(verdict))) == "stop_paying");
}

BOOST_AUTO_TEST_CASE(a_paid_step_whose_image_failed_stays_paid) {
    StepState state;
    state.apply({{}, {}, Submitted{}});
    state.apply({{}, {}, Finished{}});
    state.apply({{}, {}, Failed{problem(Verdict::download), true, std::nullopt}});
    BOOST_TEST(name_of(state.phase) == "finished");
    BOOST_TEST(state.unsettled());
}

} // namespace darkroom::engine
