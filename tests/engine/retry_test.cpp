// The failure classes: what each leads to, how long it waits, what the journal makes of it.
#include "runner/engine/retry.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

Problem failed_with(Verdict verdict, std::optional<Duration> retry_after = std::nullopt) {
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
    state.apply({{}, {}, Failed{failed_with(verdict), final, std::nullopt}});
    return state;
}

struct RetryRow {
    char const* name;
    Verdict verdict;
    std::optional<Duration> retry_after;
    int failed_before;
    Remedy remedy;
    Duration longest; ///< With chance just below 1; the shortest is 0, or the hint.
    Phase then;
    int attempts_then;
};

RetryRow const retry_rows[] = {
    {"transient, first", Verdict::transient, {}, 0, Remedy::again, 1s, Phase::wanted, 1},
    {"transient, third", Verdict::transient, {}, 2, Remedy::again, 4s, Phase::wanted, 1},
    {"transient, last", Verdict::transient, {}, 4, Remedy::leave, 0s, Phase::wanted, 1},
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
    for (auto const& row : retry_rows) {
        BOOST_TEST_CONTEXT(row.name) {
            auto const failure = failed_with(row.verdict, row.retry_after);
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

BOOST_AUTO_TEST_CASE(no_attempt_helps_where_the_service_does_not_speak_http_2) {
    struct Row {
        Verdict verdict;
        std::string_view code;
        int status;
        bool is_wrong;
    };
    Row const rows[] = {
        {Verdict::transient, "no_http2", 0, true},    {Verdict::download, "no_http2", 0, true},
        {Verdict::transient, "http2_lost", 0, false}, // it has spoken it: a gateway starts again
        {Verdict::transient, "no_http2", 500, false}, // a service's own code
        {Verdict::unknown, "no_http2", 0, false},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.code << " " << row.status) {
            auto problem = failed_with(row.verdict);
            problem.code = row.code;
            problem.status = row.status;
            BOOST_TEST(is_http_version_wrong(problem) == row.is_wrong);
            bool const is_of_request = row.verdict == Verdict::transient;
            auto const paid = is_of_request ? decide(problem, {}, policy).remedy : Remedy::again;
            auto const loaded = is_of_request || row.verdict == Verdict::unknown
                                    ? Remedy::again
                                    : decide_download(problem, {}, policy).remedy;
            auto const asked = remedy_of_look_up(problem);
            BOOST_TEST((paid == Remedy::leave) == (row.is_wrong && is_of_request));
            BOOST_TEST((loaded == Remedy::give_up) == (row.is_wrong && !is_of_request));
            BOOST_TEST((asked == Remedy::stop_paying) == row.is_wrong);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_failed_download_has_its_remedy) {
    struct Case {
        char const* name;
        Verdict verdict;
        char const* code;
        DownloadAttempt before;
        Remedy remedy;
        bool needs_link;
        bool counts;
        Duration longest; ///< With chance just below 1.
    };
    DownloadAttempt const first, last{4}, one_left{3}, fresh{1, 0, true}, fresh_last{3, 0, true};
    DownloadAttempt const grown{4, 0, false, true}, limited{4, 3};
    Case const cases[] = {
        {"cut", Verdict::download, "connection_closed", first, Remedy::again, false, true, 1s},
        {"cut, one left", Verdict::download, "connection_closed", one_left, Remedy::again, false,
         true, 8s},
        {"cut, last", Verdict::download, "connection_closed", last, Remedy::give_up, false, true,
         0s},
        {"cut, grown", Verdict::download, "connection_closed", grown, Remedy::again, false, false,
         1s},
        {"dead link", Verdict::expired, "http_404", first, Remedy::again, true, true, 1s},
        {"dead link, asked", Verdict::expired, "http_404", fresh, Remedy::again, true, true, 2s},
        {"dead link, last", Verdict::expired, "http_404", last, Remedy::give_up, false, true, 0s},
        {"nobody listens", Verdict::download, "connection_refused", first, Remedy::again, true,
         true, 1s},
        {"no such host", Verdict::download, "no_address", first, Remedy::again, true, true, 1s},
        {"no link", Verdict::expired, "no_link", first, Remedy::again, true, true, 1s},
        {"no link, asked", Verdict::expired, "no_link", fresh, Remedy::give_up, false, true, 0s},
        {"relative", Verdict::expired, "bad_url", fresh, Remedy::give_up, false, true, 0s},
        {"page", Verdict::download, "not_an_image", first, Remedy::again, true, true, 1s},
        {"page, asked", Verdict::download, "not_an_image", fresh, Remedy::give_up, false, true, 0s},
        {"size", Verdict::download, "wrong_size", first, Remedy::again, true, true, 1s},
        {"size, asked", Verdict::download, "wrong_size", fresh, Remedy::give_up, false, true, 0s},
        {"too large", Verdict::download, "too_large", fresh, Remedy::give_up, false, true, 0s},
        {"damaged", Verdict::download, "damaged_image", first, Remedy::again, false, true, 1s},
        {"damaged, one left", Verdict::download, "damaged_image", one_left, Remedy::again, true,
         true, 8s},
        {"damaged, asked", Verdict::download, "damaged_image", fresh_last, Remedy::again, false,
         true, 8s},
        {"429", Verdict::rate, "http_429", first, Remedy::slow_down, false, false, 1s},
        {"429, again", Verdict::rate, "http_429", limited, Remedy::slow_down, false, false, 8s},
        {"open files", Verdict::rate, "too_many_open_files", last, Remedy::slow_down, false, false,
         1s},
        {"disk", Verdict::disk, "disk_full", first, Remedy::stop_all, false, false, 0s},
    };
    for (auto const& row : cases) {
        BOOST_TEST_CONTEXT(row.name) {
            auto failure = failed_with(row.verdict);
            failure.code = row.code;
            auto attempt = row.before;
            attempt.chance = 0.999999999;
            auto const decision = decide_download(failure, attempt, policy);
            BOOST_TEST(name_of(decision.remedy) == name_of(row.remedy));
            BOOST_TEST(decision.needs_link == row.needs_link);
            BOOST_TEST(decision.counts == row.counts);
            BOOST_TEST((decision.wait <= row.longest && decision.wait > row.longest - 1ms));
        }
    }
    auto const absurd = failed_with(Verdict::rate, 9000h);
    BOOST_TEST((decide_download(absurd, first, policy).wait == 1h));
}

BOOST_AUTO_TEST_CASE(a_look_up_is_repeated_unless_the_account_is_of_no_use) {
    for (auto const verdict : {Verdict::transient, Verdict::rate})
        BOOST_TEST(name_of(remedy_of_look_up(failed_with(verdict))) == "again");
    for (auto const verdict : {Verdict::account, Verdict::empty})
        BOOST_TEST(name_of(remedy_of_look_up(failed_with(verdict))) == "stop_paying");
}

BOOST_AUTO_TEST_CASE(a_paid_step_whose_image_failed_stays_paid) {
    StepState state;
    state.apply({{}, {}, Submitted{}});
    state.apply({{}, {}, Finished{}});
    state.apply({{}, {}, Failed{failed_with(Verdict::download), true, std::nullopt}});
    BOOST_TEST(name_of(state.phase) == "finished");
    BOOST_TEST(state.unsettled());
}

} // namespace darkroom::engine
