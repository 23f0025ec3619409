// Acknowledged requests in simulated time: asked about in batches, ended by updates.
#include "runner/engine/question_times.hpp"
#include "runner/engine/task_follower.hpp"

#include "runner/base/task_group.hpp"
#include "tests/support/io_fixture.hpp"

#include <boost/asio/error.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

/// Tasks that end when the test says; every request is noted.
class QuietTasks final : public Provider {
public:
    explicit QuietTasks(Clock& clock) : clock_(clock) {}
    awaitable<SubmitResult> submit(Submission, ProgressSink&) override {
        throw std::logic_error("a look-up never pays");
    }
    awaitable<std::optional<Problem>> fetch(ImageLink, ByteSink&) override {
        throw std::logic_error("a look-up never downloads");
    }
    awaitable<LookedUp> look_up(TaskQuery query) override {
        asked_at.push_back(clock_.now());
        asked.push_back(query);
        if (trouble) co_return *trouble;
        TaskPage page;
        for (auto const& id : query.ids) {
            auto const end = ends.find(id);
            if (end == ends.end()) continue;
            TaskRecord record;
            record.task_id = id;
            if (end->second <= clock_.now()) {
                Answer answer;
                answer.task_id = id;
                record.outcome = std::move(answer);
            }
            page.tasks.push_back(std::move(record));
        }
        co_return page;
    }

    std::map<std::string, Time> ends;
    std::vector<TaskQuery> asked;
    std::vector<Time> asked_at;
    std::optional<Problem> trouble;

private:
    Clock& clock_;
};

struct Quiet final : ProgressSink {
    void on_task(std::string const&) override {}
    void on_percent(int percent) override { percents.push_back(percent); }
    std::vector<int> percents;
};

TaskUpdate done(std::string const& id) {
    Answer answer;
    answer.task_id = id;
    return {id, "", 100, answer};
}

struct AcknowledgedFixture : darkroom::test::IoFixture {
    explicit AcknowledgedFixture(bool updates_expected = false,
                                 FollowerOptions options = FollowerOptions())
        : follower(executor(), clock, service, std::move(options)) {
        if (updates_expected) follower.expect_updates();
    }

    awaitable<void> wait_one(std::string id, std::string account) {
        AcknowledgedTask task(id, std::move(account));
        auto outcome = co_await follower.wait_for(std::move(task), progress);
        ends.emplace_back(std::move(id), std::move(outcome));
    }
    void begin(std::string const& id, Duration takes, std::string const& account = "") {
        service.ends[id] = clock.now() + takes;
        waiters.spawn(wait_one(id, account));
    }
    awaitable<bool> to_the_end() {
        for (auto const* account : {"", "one", "two"}) helpers.spawn(follower.run(account));
        co_await waiters.join();
        helpers.cancel();
        co_await helpers.join();
        co_return true;
    }
    Problem problem() const { return std::get<Problem>(ends.at(0).second); }

    QuietTasks service{clock};
    TaskFollower follower;
    Quiet progress;
    TaskGroup waiters{executor()};
    TaskGroup helpers{executor()};
    std::vector<std::pair<std::string, Outcome>> ends;
};

struct UpdatesFixture : AcknowledgedFixture {
    UpdatesFixture() : AcknowledgedFixture(true) {}
};

/// An account with a rate of a thousand a second.
struct FastFixture : AcknowledgedFixture {
    FastFixture() : AcknowledgedFixture(false, fast()) {}
    static FollowerOptions fast() {
        FollowerOptions options;
        options.pace = [](std::string const&) { return Duration(10ms); };
        return options;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(acknowledged)

BOOST_AUTO_TEST_CASE(the_first_question_fits_what_is_usual_and_the_later_ones_the_age) {
    BOOST_TEST((first_question(0s, false) == 1s));
    BOOST_TEST((first_question(60s, false) == 45s));
    BOOST_TEST((first_question(1h, false) == 2min));
    BOOST_TEST((first_question(60s, true) == 2min));
    BOOST_TEST((later_questions(0s, false).at_age(2s) == 1s)); // nothing is known yet
    BOOST_TEST((later_questions(60s, false).at_age(2s) == 1s));
    BOOST_TEST((later_questions(60s, false).at_age(40s) == 5s));
    BOOST_TEST((later_questions(60s, false).at_age(10min) == 10s));
    BOOST_TEST((later_questions(2s, false).at_age(1s) == 200ms)); // where tasks are short
    BOOST_TEST((later_questions(2s, false).at_age(40s) == 5s));
    BOOST_TEST((later_questions(100ms, false).at_age(0s) == 100ms));
    BOOST_TEST((later_questions(2s, true).at_age(2s) == 5s));
    BOOST_TEST((later_questions(60s, true).at_age(1min) == 30s));
}

BOOST_FIXTURE_TEST_CASE(fifty_tasks_are_asked_for_at_once_and_a_second_lies_between,
                        AcknowledgedFixture) {
    for (int i = 0; i < 120; ++i) begin(fmt::format("t{}", i), 20s);
    run(to_the_end());
    BOOST_TEST(ends.size() == 120u);
    for (auto const& query : service.asked) BOOST_TEST(query.ids.size() <= 50u);
    for (std::size_t i = 1; i < service.asked_at.size(); ++i)
        BOOST_TEST((service.asked_at[i] - service.asked_at[i - 1] >= 1s));
    BOOST_TEST(service.asked.size() < 30u);
    BOOST_TEST(follower.waiting() == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_is_usual_is_learnt, AcknowledgedFixture) {
    begin("first", 60s);
    run(to_the_end());
    auto const before = service.asked.size();
    begin("second", 60s);
    run(to_the_end());
    BOOST_TEST(before > 8u);
    BOOST_TEST(service.asked.size() - before <= 4u);
}

BOOST_FIXTURE_TEST_CASE(the_end_of_a_short_task_is_seen_within_a_tenth_of_its_time, FastFixture) {
    begin("first", 2s);
    run(to_the_end());
    auto const before = service.asked.size();
    constexpr int rounds = 20;
    Time const start = clock.now();
    for (int i = 0; i < rounds; ++i) {
        for (int j = 0; j < 50; ++j) begin(fmt::format("t{}-{}", i, j), 2s);
        run(to_the_end());
    }
    BOOST_TEST((clock.now() - start <= rounds * 2200ms));
    BOOST_TEST(service.asked.size() - before <= 5u * rounds); // a question is for fifty of them
}

BOOST_FIXTURE_TEST_CASE(each_account_is_asked_for_its_own, AcknowledgedFixture) {
    begin("a", 3s, "one");
    begin("b", 3s, "two");
    run(to_the_end());
    BOOST_TEST(ends.size() == 2u);
    for (auto const& query : service.asked) {
        BOOST_REQUIRE(query.ids.size() == 1u);
        BOOST_TEST(query.account == (query.ids.front() == "a" ? "one" : "two"));
    }
    BOOST_TEST(
        (service.asked_at[0] == service.asked_at[1])); // neither waits for the other's second
}

BOOST_FIXTURE_TEST_CASE(a_task_that_never_ends_is_unknown_in_the_end, AcknowledgedFixture) {
    begin("slow", 10h);
    run(to_the_end());
    BOOST_TEST((problem().verdict == Verdict::unknown));
    BOOST_TEST(problem().code == "timed_out");
    BOOST_TEST(problem().task_id == "slow");
}

BOOST_FIXTURE_TEST_CASE(a_task_that_is_not_shown_is_unknown_and_never_failed, AcknowledgedFixture) {
    begin("gone", 1s);
    service.ends.clear();
    Time const start = clock.now();
    run(to_the_end());
    BOOST_TEST((problem().verdict == Verdict::unknown));
    BOOST_TEST(problem().code == "timed_out");
    BOOST_TEST((clock.now() - start >= 15min)); // a service may list late
}

BOOST_FIXTURE_TEST_CASE(trouble_makes_it_ask_less_often_and_a_refusal_ends_the_wait,
                        AcknowledgedFixture) {
    begin("t", 10h);
    service.trouble.emplace();
    service.trouble->verdict = Verdict::transient;
    run(to_the_end()); // fifteen minutes of it
    BOOST_TEST(service.asked.size() < 40u);
    BOOST_TEST((problem().verdict == Verdict::unknown));
    ends.clear();
    service.trouble->verdict = Verdict::account;
    service.trouble->code = "invalid_token";
    begin("u", 10h);
    run(to_the_end());
    BOOST_TEST((problem().verdict == Verdict::unknown));
    BOOST_TEST(problem().code == "invalid_token");
}

BOOST_FIXTURE_TEST_CASE(an_update_counts_once_and_in_any_order, UpdatesFixture) {
    begin("t", 10h);
    poll();
    follower.on_update({"t", "", 75, std::nullopt});
    follower.on_update({"t", "", 35, std::nullopt});
    follower.on_update(done("t"));
    follower.on_update(done("t"));
    follower.on_update({"t", "", 50, std::nullopt});
    follower.on_update(done("nobody's"));
    run(to_the_end());
    BOOST_TEST(ends.size() == 1u);
    BOOST_TEST(std::holds_alternative<Answer>(ends.at(0).second));
    BOOST_TEST((progress.percents == std::vector<int>{75, 100}));
    BOOST_TEST(service.asked.empty());
}

BOOST_FIXTURE_TEST_CASE(an_update_may_come_before_the_answer_that_names_its_task, UpdatesFixture) {
    follower.on_update(done("t"));
    begin("t", 10h);
    run(to_the_end());
    BOOST_TEST(std::holds_alternative<Answer>(ends.at(0).second));
    BOOST_TEST(service.asked.empty());
}

BOOST_FIXTURE_TEST_CASE(a_lost_update_is_found_by_asking, UpdatesFixture) {
    begin("t", 3s);
    Time const start = clock.now();
    run(to_the_end());
    BOOST_TEST(std::holds_alternative<Answer>(ends.at(0).second));
    BOOST_TEST((clock.now() - start == 5s));
}

BOOST_FIXTURE_TEST_CASE(who_leaves_is_forgotten, AcknowledgedFixture) {
    begin("t", 10h);
    poll();
    waiters.cancel();
    poll();
    BOOST_TEST(follower.waiting() == 0u);
    run(to_the_end());
    BOOST_TEST(ends.empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::engine
