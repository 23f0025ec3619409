// What became of a lost request: by id in batches, by search in the listing, one question a second.
#include "runner/engine/task_follower.hpp"

#include "runner/base/task_group.hpp"
#include "tests/support/io_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

/// A service whose tasks are set by the test; every request is noted.
class Tasks final : public Provider {
public:
    explicit Tasks(Clock& clock) : clock_(clock) {}
    awaitable<SubmitResult> submit(Submission, ProgressSink&) override {
        throw std::logic_error("a look-up never pays");
    }
    awaitable<std::optional<Problem>> fetch(ImageLink, ByteSink&) override {
        throw std::logic_error("a look-up never downloads");
    }
    awaitable<std::variant<TaskPage, Problem>> look_up(TaskQuery query) override {
        asked_at.push_back(clock_.now());
        asked.push_back(query);
        if (pause > Duration()) co_await clock_.sleep_for(pause);
        if (refusal) co_return *refusal;
        if (down_from && asked.size() > *down_from) co_return Problem{};
        if (down || query.account == down_for) co_return Problem{};
        TaskPage page;
        page.service_time = std::chrono::floor<std::chrono::seconds>(clock_.wall() + ahead);
        for (auto const& task : tasks) {
            bool const wanted = query.ids.empty() || std::find(query.ids.begin(), query.ids.end(),
                                                               task.task_id) != query.ids.end();
            auto const limit = static_cast<std::size_t>(std::min(query.limit, page_max));
            if (wanted && query.offset-- <= 0 && page.tasks.size() < limit)
                page.tasks.push_back(task);
        }
        co_return page;
    }

    std::vector<TaskRecord> tasks; ///< Newest first.
    std::vector<TaskQuery> asked;
    std::vector<Time> asked_at;
    std::chrono::milliseconds ahead{};
    bool down = false;
    std::optional<std::string> down_for;  ///< Only for this account.
    std::optional<std::size_t> down_from; ///< After so many questions.
    std::optional<Problem> refusal;
    int page_max = 50; ///< Whatever the query's limit.
    Duration pause{};  ///< The time that an answer takes.

private:
    Clock& clock_;
};

struct Fixture : test::IoFixture {
    Tasks service{clock};
    TaskFollower follower{executor(), clock, service, FollowerOptions{30s, 15min, 1s, 30s}};
    TaskGroup helpers{executor()};

    TaskRecord task(std::string id, std::string request, std::chrono::milliseconds since_start) {
        TaskRecord record;
        record.task_id = std::move(id);
        record.request = std::move(request);
        record.created_at = clock.wall() + since_start + service.ahead;
        return record;
    }
    static TaskRecord ended(TaskRecord record, bool well) {
        if (well)
            record.outcome = Answer{};
        else
            record.outcome = Problem{};
        return record;
    }
    awaitable<Found> with_follower(awaitable<Found> asking) {
        helpers.spawn(follower.run(""));
        Found found = co_await std::move(asking);
        helpers.cancel();
        co_await helpers.join();
        co_return found;
    }
    Found search(std::string request) {
        LostRequest lost{std::move(request), clock.wall(), "", "/midjourney/imagine"};
        return run(with_follower(follower.search(std::move(lost))));
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_lost_request_is_found_by_its_text_and_time, Fixture) {
    service.ahead = 47min;
    service.tasks = {task("newer", "other", 3s), task("ours", "r", 2s), task("old", "r", -60s)};
    auto const found = search("r");
    BOOST_TEST((found.what == Found::What::record));
    BOOST_TEST(found.record.task_id == "ours");
}

BOOST_FIXTURE_TEST_CASE(a_task_of_another_endpoint_is_not_ours_whatever_its_text, Fixture) {
    service.tasks = {task("shortened", "r", 2s), task("ours", "r", 2s)};
    service.tasks.front().endpoint = "/midjourney/shorten";
    BOOST_TEST(search("r").record.task_id == "ours");
    service.tasks.pop_back();
    BOOST_TEST((search("r").what == Found::What::absent));
}

BOOST_FIXTURE_TEST_CASE(a_clock_that_was_set_since_hides_no_task, Fixture) {
    Time const start = clock.now();
    service.tasks = {task("newer", "other", 3s), task("ours", "r", -60s)};
    auto const found = search("r");
    BOOST_TEST(found.record.task_id == "ours");
    BOOST_TEST((clock.now() - start >= 30s)); // one that fits the time better might have shown up
}

BOOST_FIXTURE_TEST_CASE(a_listing_that_tells_no_time_proves_nothing, Fixture) {
    service.tasks = {task("newer", "other", 3s)};
    service.tasks.front().created_at = WallTime();
    for (int i = 0; i < 60; ++i) service.tasks.push_back(task(fmt::format("n{}", i), "other", 2s));
    service.tasks.push_back(task("ours", "r", 1s));
    BOOST_TEST(search("r").record.task_id == "ours");
}

BOOST_FIXTURE_TEST_CASE(it_is_gone_only_when_nothing_has_shown_up_for_the_time_to_settle, Fixture) {
    Time const start = clock.now();
    auto const found = search("r");
    BOOST_TEST((found.what == Found::What::absent));
    BOOST_TEST((clock.now() - start >= 30s));
    BOOST_TEST((clock.now() - start < 60s));
}

BOOST_FIXTURE_TEST_CASE(the_listing_is_read_back_past_the_time_of_the_request, Fixture) {
    for (int i = 0; i < 120; ++i) service.tasks.push_back(task(fmt::format("n{}", i), "other", 9s));
    service.tasks.push_back(task("ours", "r", 1s));
    service.tasks.push_back(task("old", "other", -180s));
    auto const found = search("r");
    BOOST_TEST(found.record.task_id == "ours");
    BOOST_TEST(service.asked.size() == 3u);
    BOOST_TEST(service.asked.back().offset == 100);
}

BOOST_FIXTURE_TEST_CASE(a_task_that_belongs_to_another_step_is_not_taken, Fixture) {
    service.tasks = {task("theirs", "r", 1s), task("journalled", "r", 1s)};
    follower.claim("theirs");
    follower.set_is_claimed([](std::string const& id) { return id == "journalled"; });
    BOOST_TEST((search("r").what == Found::What::absent));
}

BOOST_FIXTURE_TEST_CASE(nobody_takes_a_task_that_an_equal_request_may_be_about_to_name, Fixture) {
    service.tasks = {task("whose?", "r", 1s)};
    follower.begin_unnamed("r");
    auto release = [this]() -> awaitable<void> {
        co_await clock.sleep_for(5min);
        follower.claim("whose?");
        follower.end_unnamed("r");
    };
    helpers.spawn(release());
    Time const start = clock.now();
    BOOST_TEST((search("r").what == Found::What::absent));
    BOOST_TEST((clock.now() - start > 5min));
}

BOOST_FIXTURE_TEST_CASE(a_failed_task_is_only_taken_when_no_better_one_has_come, Fixture) {
    service.tasks = {ended(task("failed", "r", 1s), false)};
    Time const start = clock.now();
    auto const found = search("r");
    BOOST_TEST(found.record.task_id == "failed");
    BOOST_TEST((clock.now() - start >= 30s));
}

BOOST_FIXTURE_TEST_CASE(ids_are_asked_for_together_and_never_more_than_one_request_a_second,
                        Fixture) {
    TaskGroup followers{executor()};
    int ends = 0;
    auto follow = [this, &ends](std::string task_id) -> awaitable<void> {
        Found const found = co_await follower.follow(std::move(task_id), "");
        ends += found.record.outcome ? 1 : 0;
    };
    for (int i = 0; i < 70; ++i) {
        auto const id = fmt::format("t{}", i);
        service.tasks.push_back(ended(task(id, "r", 0s), true));
        followers.spawn(follow(id));
    }
    auto all = [this, &followers]() -> awaitable<void> {
        helpers.spawn(follower.run(""));
        co_await followers.join();
        helpers.cancel();
        co_await helpers.join();
    };
    service.tasks.resize(70);
    run(all());
    BOOST_TEST(ends == 70);
    BOOST_TEST(service.asked.front().ids.size() == 50u);
    for (std::size_t i = 1; i < service.asked_at.size(); ++i)
        BOOST_TEST((service.asked_at[i] - service.asked_at[i - 1] >= 1s));
}

BOOST_FIXTURE_TEST_CASE(whoever_waits_the_questions_of_one_account_keep_their_pace, Fixture) {
    struct Silent final : ProgressSink {
        void on_task(std::string const&) override {}
        void on_percent(int) override {}
    } progress;
    for (auto const* id : {"a", "b"}) service.tasks.push_back(ended(task(id, "other", 0s), true));
    service.tasks.push_back(task("ours", "r", 0s));
    auto wait = [this, &progress]() -> awaitable<void> {
        AcknowledgedTask acknowledged("a", "");
        auto const outcome = co_await follower.wait_for(std::move(acknowledged), progress);
        BOOST_TEST(std::holds_alternative<Answer>(outcome));
    };
    auto follow = [this]() -> awaitable<void> { co_await follower.follow("b", ""); };
    helpers.spawn(wait());
    helpers.spawn(follow());
    BOOST_TEST(search("r").record.task_id == "ours");
    BOOST_TEST(service.asked.size() >= 3u);
    for (std::size_t i = 1; i < service.asked_at.size(); ++i)
        BOOST_TEST((service.asked_at[i] - service.asked_at[i - 1] >= 1s));
}

BOOST_FIXTURE_TEST_CASE(each_account_has_a_second_of_its_own, Fixture) {
    std::vector<std::string> const accounts{"a", "b", "c"};
    TaskGroup followers{executor()};
    auto follow = [this](std::string task_id, std::string account) -> awaitable<void> {
        co_await follower.follow(std::move(task_id), std::move(account));
    };
    for (int i = 0; i < 360; ++i) { // more than two batches for each
        auto const id = fmt::format("t{}", i);
        service.tasks.push_back(ended(task(id, "r", 0s), true));
        followers.spawn(follow(id, accounts[static_cast<std::size_t>(i % 3)]));
    }
    auto all = [&]() -> awaitable<void> {
        for (auto const& account : accounts) helpers.spawn(follower.run(account));
        co_await followers.join();
        helpers.cancel();
        co_await helpers.join();
    };
    Time const start = clock.now();
    run(all());
    BOOST_TEST((clock.now() - start < 5s)); // the nine requests, one after the other, take eight
    std::map<std::string, Time> last;
    for (std::size_t i = 0; i < service.asked.size(); ++i) {
        auto const& account = service.asked[i].account;
        auto const before = last.find(account);
        if (before != last.end()) BOOST_TEST((service.asked_at[i] - before->second >= 1s));
        last[account] = service.asked_at[i];
    }
    BOOST_TEST(last.size() == 3u);
}

BOOST_FIXTURE_TEST_CASE(the_trouble_of_one_account_keeps_no_other_waiting, Fixture) {
    service.down_for = "a";
    service.tasks = {ended(task("t", "r", 0s), true)};
    TaskGroup followers{executor()};
    auto follow = [this]() -> awaitable<void> { co_await follower.follow("t", "a"); };
    followers.spawn(follow());
    auto both = [&]() -> awaitable<Found> {
        helpers.spawn(follower.run("a"));
        helpers.spawn(follower.run("b"));
        co_await clock.sleep_for(5min); // it is asked seldom by now
        Time const start = clock.now();
        Found found = co_await follower.follow("t", "b");
        BOOST_TEST((clock.now() - start <= 1s));
        followers.cancel();
        helpers.cancel();
        co_await followers.join();
        co_await helpers.join();
        co_return found;
    };
    BOOST_TEST((run(both()).what == Found::What::record));
}

BOOST_FIXTURE_TEST_CASE(a_task_that_a_short_page_leaves_out_is_asked_for_alone, Fixture) {
    service.page_max = 1;
    int ends = 0;
    auto follow = [this, &ends](std::string task_id) -> awaitable<void> {
        Found const found = co_await follower.follow(std::move(task_id), "");
        ends += found.what == Found::What::record ? 1 : 0;
    };
    for (auto const* id : {"a", "b", "c"}) {
        service.tasks.push_back(ended(task(id, "r", 0s), true));
        helpers.spawn(follow(id));
    }
    // Those that are there are found long before the one that is not is given up.
    Found const found = run(with_follower(follower.follow("gone", "")));
    BOOST_TEST((found.what == Found::What::absent));
    BOOST_TEST(ends == 3);
}

BOOST_FIXTURE_TEST_CASE(ids_and_a_walk_through_the_listing_take_turns_at_one_pace, Fixture) {
    for (int i = 0; i < 190; ++i) service.tasks.push_back(task(fmt::format("n{}", i), "other", 9s));
    service.tasks.push_back(task("ours", "r", 1s));
    auto follow = [this]() -> awaitable<void> { co_await follower.follow("n0", ""); };
    helpers.spawn(follow()); // asked for again and again, as it never ends
    BOOST_TEST(search("r").record.task_id == "ours");
    BOOST_TEST(service.asked.size() == 9u);
    for (std::size_t i = 1; i < service.asked.size(); ++i) {
        BOOST_TEST(service.asked[i].ids.empty() != service.asked[i - 1].ids.empty());
        BOOST_TEST((service.asked_at[i] - service.asked_at[i - 1] >= 1s));
    }
}

BOOST_FIXTURE_TEST_CASE(a_walk_that_fails_half_way_begins_with_the_newest_again, Fixture) {
    for (int i = 0; i < 60; ++i) service.tasks.push_back(task(fmt::format("n{}", i), "other", 9s));
    service.tasks.push_back(task("ours", "r", 1s));
    service.down_from = 1;
    auto mend = [this]() -> awaitable<void> {
        co_await clock.sleep_for(1500ms);
        service.down_from.reset();
    };
    helpers.spawn(mend());
    BOOST_TEST(search("r").record.task_id == "ours");
    std::vector<int> offsets;
    for (auto const& query : service.asked) offsets.push_back(query.offset);
    BOOST_TEST((offsets == std::vector<int>{0, 50, 0, 50, 61}));
}

BOOST_FIXTURE_TEST_CASE(a_hint_holds_up_questions_for_an_hour_and_ends_no_wait_by_itself, Fixture) {
    service.refusal = Problem{};
    service.refusal->retry_after = 9000h;
    service.tasks = {task("ours", "r", 2s)};
    auto mend = [this]() -> awaitable<void> {
        co_await clock.sleep_for(30min); // longer than the longest wait for a task
        service.refusal.reset();
    };
    helpers.spawn(mend());
    Time const start = clock.now();
    BOOST_TEST(search("r").record.task_id == "ours");
    BOOST_TEST((clock.now() - start == 1h + 1s));
    BOOST_TEST(service.asked.size() == 3u); // the hint, and the two pages of the listing
}

BOOST_FIXTURE_TEST_CASE(hints_without_an_end_end_the_wait_after_an_hour_more, Fixture) {
    service.refusal = Problem{};
    service.refusal->retry_after = 9000h;
    Time const start = clock.now();
    BOOST_TEST((search("r").what == Found::What::unknown));
    BOOST_TEST((clock.now() - start == 15min + 1h));
    BOOST_TEST(service.asked.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_search_is_over_only_after_the_walk_that_speaks_for_it, Fixture) {
    service.page_max = 10;
    service.pause = 3s; // an answer takes its time: 300 pages are 20 minutes
    for (int i = 0; i < 3000; ++i)
        service.tasks.push_back(task(fmt::format("n{}", i), "other", 9s));
    service.tasks.push_back(task("ours", "r", 1s));
    Time const start = clock.now();
    BOOST_TEST(search("r").record.task_id == "ours");
    BOOST_TEST((clock.now() - start > 15min));
}

BOOST_FIXTURE_TEST_CASE(an_account_that_may_not_ask_hears_so_at_once, Fixture) {
    service.refusal = Problem{};
    service.refusal->verdict = Verdict::account;
    auto const found = search("r");
    BOOST_TEST((found.what == Found::What::unknown));
    BOOST_TEST(found.refusal.has_value());
    BOOST_TEST(service.asked.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_service_that_cannot_be_asked_leaves_it_unknown, Fixture) {
    service.down = true;
    Time const start = clock.now();
    BOOST_TEST((search("r").what == Found::What::unknown));
    BOOST_TEST((clock.now() - start >= 15min));
    BOOST_TEST(service.asked.size() < 30u); // it backs off
}

} // namespace darkroom::engine
