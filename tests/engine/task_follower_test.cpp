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
    awaitable<LookedUp> look_up(TaskQuery query) override {
        asked_at.push_back(clock_.now());
        bool const is_second = asked_at.size() > 1 && asked_at.rbegin()[1] == asked_at.back();
        asked.push_back(query);
        if (pause > Duration()) co_await clock_.sleep_for(pause);
        if (refusal) co_return *refusal;
        if (alone && is_second) {
            Problem busy;
            busy.code = "too_many_requests";
            busy.retry_after = 10s;
            ++refused;
            co_return busy;
        }
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
        page.given = page.tasks.size();
        co_return page;
    }

    std::vector<TaskRecord> tasks; ///< Newest first.
    std::vector<TaskQuery> asked;
    std::vector<Time> asked_at;
    std::chrono::milliseconds ahead{};
    bool alone = false; ///< Only the first of several questions at once is answered.
    int refused = 0;
    bool down = false;
    std::optional<std::string> down_for;  ///< Only for this account.
    std::optional<std::size_t> down_from; ///< After so many questions.
    std::optional<Problem> refusal;
    int page_max = 50; ///< Whatever the query's limit.
    Duration pause{};  ///< The time that an answer takes.

private:
    Clock& clock_;
};

constexpr std::string_view paid_path = "/midjourney/imagine";

std::string body_with(std::string_view prompt) {
    return fmt::format(R"({{"prompt":"{}"}})", prompt);
}

struct FollowerFixture : darkroom::test::IoFixture {
    explicit FollowerFixture(FollowerOptions const& options = FollowerOptions())
        : follower(executor(), clock, service, options) {}

    Tasks service{clock};
    TaskFollower follower;
    TaskGroup helpers{executor()};

    TaskRecord task(std::string id, std::string_view prompt, Milliseconds since_start) {
        TaskRecord record;
        record.task_id = std::move(id);
        record.marks =
            marks_of(jobs::default_service(), paid_path, json::read(body_with(prompt)).value());
        record.created_at = clock.wall() + since_start + service.ahead;
        return record;
    }
    static TaskRecord ended(TaskRecord record, bool well) {
        Problem failed;
        failed.verdict = Verdict::generation;
        if (well)
            record.outcome = Answer{};
        else
            record.outcome = failed;
        return record;
    }
    /// A task of ours that the service has named; the lost request has the order 10.
    void know(std::string id, std::uint64_t order, Milliseconds since_start) {
        KnownTask known;
        known.task_id = std::move(id);
        known.endpoint = paid_path;
        known.request = body_with("known words");
        known.order = order;
        known.sent_at = clock.wall() + since_start;
        follower.known().note_task(known);
    }
    awaitable<Found> with_follower(awaitable<Found> asking) {
        helpers.spawn(follower.run(""));
        Found found = co_await std::move(asking);
        helpers.cancel();
        co_await helpers.join();
        co_return found;
    }
    LostRequest lost(std::string_view prompt) {
        LostRequest request;
        request.marks = marks_of_sent(jobs::default_service(), paid_path,
                                      json::read(body_with(prompt)).value());
        request.key = key_of(request.marks);
        request.kind = kind_of_request(request.marks);
        request.order = {10, 10};
        request.sent_at = clock.wall();
        return request;
    }
    awaitable<void> end_searches_after(Duration time) {
        co_await clock.sleep_for(time);
        co_await follower.walk_once();
        follower.end_searches();
    }
    /// Searches for a request that was just sent, for at most an hour.
    Found search(std::string_view prompt, Duration longest = 1h) {
        helpers.spawn(end_searches_after(longest));
        LostRequest request = lost(prompt);
        return run(with_follower(follower.search(std::move(request), clock.now())));
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(task_follower)

BOOST_FIXTURE_TEST_CASE(a_lost_request_is_found_by_its_text_and_time, FollowerFixture) {
    service.ahead = 47min;
    service.tasks = {task("newer", "others", 3s), task("ours", "a boat", 2s),
                     task("old", "a boat", -3min)};
    auto const found = search("a boat");
    BOOST_TEST((found.what == Found::What::record));
    BOOST_TEST(found.record.task_id == "ours");
}

BOOST_FIXTURE_TEST_CASE(it_is_gone_only_when_a_later_task_is_listed_and_time_has_passed,
                        FollowerFixture) {
    Time const start = clock.now();
    know("witness", 11, 1s);
    service.tasks = {task("witness", "known words", 1s)};
    auto const found = search("a boat");
    BOOST_TEST((found.what == Found::What::absent));
    BOOST_TEST((clock.now() - start >= 30s));
    BOOST_TEST((clock.now() - start < 40s));
}

BOOST_FIXTURE_TEST_CASE(without_a_witness_it_stays_unknown_until_the_searches_are_ended,
                        FollowerFixture) {
    know("earlier", 9, -1s);
    service.tasks = {task("earlier", "known words", -1s)};
    auto const found = search("a boat", 5min);
    BOOST_TEST((found.what == Found::What::unknown));
    BOOST_TEST((found.doubt == Doubt::no_witness));
}

BOOST_FIXTURE_TEST_CASE(the_listing_is_read_back_past_the_time_of_the_request, FollowerFixture) {
    for (int i = 0; i < 120; ++i)
        service.tasks.push_back(task(fmt::format("n{}", i), "others", 9s - i * 1ms));
    service.tasks.push_back(task("ours", "a boat", 1s));
    service.tasks.push_back(task("old", "others", -25h));
    service.tasks.push_back(task("older", "others", -26h));
    BOOST_TEST(search("a boat").record.task_id == "ours");
    BOOST_TEST(service.asked.size() == 3u);
    BOOST_TEST(service.asked.back().offset == 88);
}

BOOST_FIXTURE_TEST_CASE(as_many_records_are_asked_for_as_are_given, FollowerFixture) {
    service.page_max = 1000;
    for (int i = 0; i < 400; ++i)
        service.tasks.push_back(task(fmt::format("n{}", i), "others", 9s));
    service.tasks.push_back(task("ours", "a boat", 1s));
    service.tasks.push_back(task("old", "others", -25h));
    BOOST_TEST(search("a boat").record.task_id == "ours");
    std::vector<int> limits;
    for (auto const& query : service.asked) limits.push_back(query.limit);
    BOOST_TEST((limits == std::vector<int>{50, 100, 200, 400}));
}

/// An account that may be asked often.
struct QuickFixture : FollowerFixture {
    QuickFixture() : FollowerFixture(quick()) {}
    static FollowerOptions quick() {
        FollowerOptions options;
        options.pace = [](std::string const&) { return Duration(20ms); };
        return options;
    }
};

BOOST_FIXTURE_TEST_CASE(of_a_quick_account_several_pages_are_asked_for_at_once, QuickFixture) {
    service.pause = 100ms;
    for (int i = 0; i < 1000; ++i)
        service.tasks.push_back(task(fmt::format("n{}", i), "others", 9s - i * 1ms));
    service.tasks.push_back(task("ours", "a boat", 1s));
    service.tasks.push_back(task("old", "others", -25h));
    BOOST_TEST(search("a boat").record.task_id == "ours");
    std::map<Time, std::vector<int>> rounds; // offsets
    for (std::size_t i = 0; i < service.asked.size(); ++i)
        rounds[service.asked_at[i]].push_back(service.asked[i].offset);
    std::vector<std::size_t> pages;
    Time last{};
    for (auto const& [at, offsets] : rounds) {
        if (!pages.empty()) BOOST_TEST((at - last >= 20ms * pages.back()));
        for (std::size_t i = 1; i < offsets.size(); ++i)
            BOOST_TEST(offsets[i] - offsets[i - 1] == 44); // six of fifty are read again
        pages.push_back(offsets.size());
        last = at;
    }
    std::vector<std::size_t> const expected{1, 1, 2, 4, 4, 4, 4, 4};
    BOOST_TEST(pages == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_page_that_is_too_large_is_asked_for_by_halves, FollowerFixture) {
    service.tasks = {task("ours", "a boat", 1s), task("old", "others", -25h)};
    service.refusal = Problem{};
    service.refusal->verdict = Verdict::transient;
    service.refusal->code = "page_too_large";
    auto mend = [this]() -> awaitable<void> {
        co_await clock.sleep_for(1500ms);
        service.refusal.reset();
    };
    helpers.spawn(mend());
    BOOST_TEST(search("a boat").record.task_id == "ours");
    BOOST_TEST(service.asked.front().limit == 50);
    BOOST_TEST(service.asked.back().limit == 12);
}

BOOST_FIXTURE_TEST_CASE(a_task_that_belongs_to_another_step_is_not_taken, FollowerFixture) {
    service.tasks = {task("theirs", "a boat", 1s), task("journalled", "a boat", 1s)};
    follower.known().claim("theirs");
    follower.known().set_is_claimed([](std::string const& id) { return id == "journalled"; });
    BOOST_TEST((search("a boat", 30min).what == Found::What::unknown));
}

BOOST_FIXTURE_TEST_CASE(nobody_takes_a_task_that_an_equal_request_may_be_about_to_name,
                        FollowerFixture) {
    service.tasks = {task("whose?", "a boat", 1s)};
    UnnamedRequest const other{lost("a boat").key, clock.wall()};
    follower.known().begin_unnamed(other);
    auto release = [this, &other]() -> awaitable<void> {
        co_await clock.sleep_for(5min);
        follower.known().end_unnamed(other);
    };
    helpers.spawn(release());
    Time const start = clock.now();
    BOOST_TEST(search("a boat").record.task_id == "whose?");
    BOOST_TEST((clock.now() - start > 5min));
}

BOOST_FIXTURE_TEST_CASE(a_failed_task_is_never_taken, FollowerFixture) {
    know("witness", 11, 2s);
    service.tasks = {task("witness", "known words", 2s),
                     ended(task("failed", "a boat", 1s), false)};
    BOOST_TEST((search("a boat").what == Found::What::absent));
}

BOOST_FIXTURE_TEST_CASE(a_task_that_was_called_failed_and_succeeds_is_told_once, FollowerFixture) {
    know("late", 9, -1s);
    follower.known().note_failure("late", "");
    int told = 0;
    follower.known().set_on_late_success([&told](Digest const&, LateAnswer) { ++told; });
    Answer answer;
    answer.task_id = "late";
    service.tasks = {task("late", "known words", -1s)};
    service.tasks.front().outcome = answer;
    search("a boat", 1min);
    BOOST_TEST(told == 1);
}

BOOST_FIXTURE_TEST_CASE(failed_tasks_are_asked_about_once_more_in_one_question, FollowerFixture) {
    std::vector<std::string> told;
    follower.known().set_on_late_success(
        [&told](Digest const&, LateAnswer late) { told.push_back(late.answer.task_id); });
    for (int i = 0; i < 3; ++i) {
        auto const id = fmt::format("t{}", i);
        know(id, 11 + static_cast<std::uint64_t>(i), 1s);
        follower.known().note_failure(id, "");
    }
    Answer answer;
    answer.task_id = "t0";
    service.tasks = {ended(task("t1", "known words", 1s), false), task("t0", "known words", 1s)};
    service.tasks.back().outcome = answer;
    auto ask = [this]() -> awaitable<Found> {
        co_await follower.ask_about_failed();
        co_await follower.ask_about_failed(); // nothing is left to ask about
        co_return Found();
    };
    run(with_follower(ask()));
    BOOST_TEST(told == std::vector<std::string>{"t0"}, boost::test_tools::per_element());
    BOOST_TEST(service.asked.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(failed_tasks_are_asked_about_for_half_a_minute, FollowerFixture) {
    know("failed", 11, 1s);
    follower.known().note_failure("failed", "");
    service.down = true;
    auto ask = [this]() -> awaitable<Found> {
        co_await follower.ask_about_failed();
        co_return Found();
    };
    Time const start = clock.now();
    run(with_follower(ask()));
    BOOST_TEST((clock.now() - start == 30s));
    BOOST_TEST(follower.waiting() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_request_answered_without_an_id_gets_the_nearest_equal_task,
                        FollowerFixture) {
    std::vector<std::string> named;
    follower.known().set_on_named(
        [&named](LostRequest const&, std::string task_id) { named.push_back(std::move(task_id)); });
    LostRequest answered = lost("known words");
    answered.order = {11, 11};
    answered.sent_at += 10s;
    follower.known().note_answered(answered);
    service.tasks = {task("later", "known words", 5min), task("its", "known words", 12s),
                     task("old", "others", -25h)};
    auto const found = search("a boat", 2min);
    BOOST_TEST((found.what == Found::What::absent)); // "its" is a witness from then on
    BOOST_TEST(named == std::vector<std::string>{"its"}, boost::test_tools::per_element());
    BOOST_TEST(follower.known().has_owner("its"));
    BOOST_TEST(!follower.known().has_owner("later"));
}

BOOST_FIXTURE_TEST_CASE(ids_are_asked_for_together_and_never_more_than_one_request_a_second,
                        FollowerFixture) {
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

BOOST_FIXTURE_TEST_CASE(whoever_waits_the_questions_of_one_account_keep_their_pace,
                        FollowerFixture) {
    struct Silent final : ProgressSink {
        void on_task(std::string const&) override {}
        void on_percent(int) override {}
    } progress;
    for (auto const* id : {"a", "b"}) service.tasks.push_back(ended(task(id, "other", 0s), true));
    service.tasks.push_back(task("ours", "a boat", 0s));
    auto wait = [this, &progress]() -> awaitable<void> {
        AcknowledgedTask acknowledged("a", "");
        auto const outcome = co_await follower.wait_for(std::move(acknowledged), progress);
        BOOST_TEST(std::holds_alternative<Answer>(outcome));
    };
    auto follow = [this]() -> awaitable<void> { co_await follower.follow("b", ""); };
    helpers.spawn(wait());
    helpers.spawn(follow());
    BOOST_TEST(search("a boat").record.task_id == "ours");
    BOOST_TEST(service.asked.size() >= 3u);
    for (std::size_t i = 1; i < service.asked_at.size(); ++i)
        BOOST_TEST((service.asked_at[i] - service.asked_at[i - 1] >= 1s));
}

BOOST_FIXTURE_TEST_CASE(each_account_has_a_second_of_its_own, FollowerFixture) {
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

BOOST_FIXTURE_TEST_CASE(the_trouble_of_one_account_keeps_no_other_waiting, FollowerFixture) {
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

BOOST_FIXTURE_TEST_CASE(a_task_that_a_short_page_leaves_out_is_asked_for_alone, FollowerFixture) {
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
    Found const found = run(with_follower(follower.renew("gone", "")));
    BOOST_TEST((found.what == Found::What::absent));
    BOOST_TEST(ends == 3);
}

BOOST_FIXTURE_TEST_CASE(a_task_that_is_not_shown_is_followed_as_long_as_it_may_live,
                        FollowerFixture) {
    Time const start = clock.now();
    Found const found = run(with_follower(follower.follow("hidden", "")));
    BOOST_TEST((found.what == Found::What::unknown));
    BOOST_TEST((clock.now() - start >= 15min));
}

BOOST_FIXTURE_TEST_CASE(a_record_that_says_timeout_is_asked_for_again, FollowerFixture) {
    service.tasks = {task("slow", "r", 0s)};
    service.tasks.front().outcome = Problem{}; // unknown, as a `timeout` is
    auto succeed = [this]() -> awaitable<void> {
        co_await clock.sleep_for(2min);
        service.tasks.front().outcome = Answer{};
    };
    helpers.spawn(succeed());
    Found const found = run(with_follower(follower.follow("slow", "")));
    BOOST_TEST(std::holds_alternative<Answer>(found.record.outcome.value()));
}

BOOST_FIXTURE_TEST_CASE(ids_and_a_walk_through_the_listing_take_turns_at_one_pace,
                        FollowerFixture) {
    for (int i = 0; i < 190; ++i)
        service.tasks.push_back(task(fmt::format("n{}", i), "others", 9s));
    service.tasks.push_back(task("ours", "a boat", 1s));
    service.tasks.push_back(task("old", "others", -25h));
    auto follow = [this]() -> awaitable<void> { co_await follower.follow("n0", ""); };
    helpers.spawn(follow()); // asked for again and again, as it never ends
    BOOST_TEST(search("a boat").record.task_id == "ours");
    BOOST_TEST(service.asked.size() >= 7u);
    for (std::size_t i = 1; i < service.asked.size(); ++i) {
        BOOST_TEST(service.asked[i].ids.empty() != service.asked[i - 1].ids.empty());
        BOOST_TEST((service.asked_at[i] - service.asked_at[i - 1] >= 1s));
    }
}

BOOST_FIXTURE_TEST_CASE(a_walk_that_fails_half_way_goes_on_where_it_was, FollowerFixture) {
    for (int i = 0; i < 60; ++i)
        service.tasks.push_back(task(fmt::format("n{}", i), "others", 9s - i * 1ms));
    service.tasks.push_back(task("ours", "a boat", 1s));
    service.tasks.push_back(task("old", "others", -25h));
    service.down_from = 1;
    auto mend = [this]() -> awaitable<void> {
        co_await clock.sleep_for(1500ms);
        service.down_from.reset();
    };
    helpers.spawn(mend());
    BOOST_TEST(search("a boat").record.task_id == "ours");
    std::vector<int> offsets;
    for (auto const& query : service.asked) offsets.push_back(query.offset);
    BOOST_TEST((offsets == std::vector<int>{0, 44, 44}));
}

BOOST_FIXTURE_TEST_CASE(the_last_walk_has_its_time_however_short_the_wait_for_a_task_is,
                        FollowerFixture) {
    FollowerOptions options;
    options.settle = 1s;
    options.total = 2s;
    TaskFollower hasty(executor(), clock, service, options);
    for (int i = 0; i < 250; ++i)
        service.tasks.push_back(task(fmt::format("n{}", i), "others", 9s));
    service.tasks.push_back(task("ours", "a boat", 1s));
    service.tasks.push_back(task("old", "others", -25h));
    auto end = [&]() -> awaitable<void> {
        co_await hasty.walk_once();
        hasty.end_searches();
    };
    auto search_once = [&]() -> awaitable<Found> {
        helpers.spawn(hasty.run(""));
        helpers.spawn(end());
        LostRequest request = lost("a boat");
        Found found = co_await hasty.search(std::move(request), clock.now());
        helpers.cancel();
        co_await helpers.join();
        co_return found;
    };
    BOOST_TEST(run(search_once()).record.task_id == "ours");
}

BOOST_FIXTURE_TEST_CASE(a_hint_holds_up_questions_for_an_hour_and_ends_no_search, FollowerFixture) {
    service.refusal = Problem{};
    service.refusal->retry_after = 9000h;
    service.tasks = {task("ours", "a boat", 2s), task("old", "others", -25h)};
    auto mend = [this]() -> awaitable<void> {
        co_await clock.sleep_for(30min); // longer than the longest wait for a task
        service.refusal.reset();
    };
    helpers.spawn(mend());
    Time const start = clock.now();
    BOOST_TEST(search("a boat", 2h).record.task_id == "ours");
    BOOST_TEST((clock.now() - start == 1h));
    BOOST_TEST(service.asked.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(an_account_that_may_not_ask_hears_so_at_once, FollowerFixture) {
    service.refusal = Problem{};
    service.refusal->verdict = Verdict::account;
    auto const found = search("a boat");
    BOOST_TEST((found.what == Found::What::unknown));
    BOOST_TEST(found.refusal.has_value());
    BOOST_TEST(service.asked.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_service_that_cannot_be_asked_leaves_it_unknown, FollowerFixture) {
    service.down = true;
    BOOST_TEST((search("a boat", 15min).what == Found::What::unknown));
    BOOST_TEST(service.asked.size() < 60u); // it backs off
}

/// The service refuses a second look-up while one is open: the walk goes back to one page for good.
BOOST_FIXTURE_TEST_CASE(an_account_that_answers_one_at_a_time_is_asked_one_at_a_time,
                        QuickFixture) {
    service.pause = 100ms;
    service.alone = true;
    for (int i = 0; i < 1000; ++i)
        service.tasks.push_back(task(fmt::format("n{}", i), "others", 9s));
    service.tasks.push_back(task("ours", "a boat", 1s));
    service.tasks.push_back(task("old", "others", -25h));
    Time const begun = clock.now();
    BOOST_TEST(search("a boat").record.task_id == "ours");
    BOOST_TEST(service.refused <= 2);
    BOOST_TEST((clock.now() - begun < 1min));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::engine
