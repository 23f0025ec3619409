// Tasks are assigned to accounts: none over its slots, all evenly, follow-ups to the owner.
#include "runner/base/task_group.hpp"
#include "runner/studio/tasks/accounts.hpp"
#include "tests/support/io_fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <map>

using namespace darkroom;
using namespace darkroom::studio;
using namespace std::chrono_literals;

namespace asio = boost::asio;

namespace {

std::vector<AccountRule> equal_accounts(int count, std::size_t slots) {
    std::vector<AccountRule> rules(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < rules.size(); ++i) {
        rules[i].id = "a" + std::to_string(i);
        rules[i].slots = slots;
    }
    return rules;
}

struct Accounts : test::IoFixture {
    asio::awaitable<void> work(AccountPool& pool, std::string owner, Duration time) {
        auto const permit = co_await pool.acquire(owner);
        auto const account = permit.account();
        ++served[account];
        if (!owner.empty() && account != owner) ++misassigned;
        begun.push_back(clock.now());
        co_await clock.sleep_for(time);
    }
    void start(AccountPool& pool, std::string owner, Duration time) {
        auto on_end = [this](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
            ++ended;
        };
        asio::co_spawn(context, work(pool, std::move(owner), time), std::move(on_end));
        poll();
    }
    std::size_t peak(AccountPool const& pool, std::size_t account) {
        return static_cast<std::size_t>((*pool.to_json().array())[account].integer("peak").value());
    }

    std::map<std::string, int> served;
    std::vector<Time> begun;
    int misassigned = 0;
    int ended = 0;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(account_pool, Accounts)

BOOST_AUTO_TEST_CASE(a_thousand_requests_spread_over_four_accounts_and_stay_within_their_slots) {
    AccountPool pool(executor(), clock, equal_accounts(4, 3));
    for (int i = 0; i < 1000; ++i)
        start(pool, i % 4 == 3 ? "a" + std::to_string(i % 16 / 4) : "", 1s + i % 7 * 100ms);
    run();
    BOOST_TEST(ended == 1000);
    BOOST_TEST(misassigned == 0);
    for (std::size_t i = 0; i < 4; ++i) {
        BOOST_TEST(peak(pool, i) == 3u);
        BOOST_TEST(served["a" + std::to_string(i)] >= 225);
        BOOST_TEST(served["a" + std::to_string(i)] <= 275);
    }
}

BOOST_AUTO_TEST_CASE(the_work_of_a_banned_account_goes_to_the_others) {
    AccountPool pool(executor(), clock, equal_accounts(2, 1));
    for (int i = 0; i < 20; ++i) start(pool, "a0", 1s);
    json::Value ban;
    ban.set("banned", true);
    auto const changed = pool.change("a0", ban);
    BOOST_REQUIRE(changed.has_value());
    BOOST_TEST(changed->boolean("banned").value());
    run();
    BOOST_TEST(ended == 20);
    BOOST_TEST(served["a0"] == 1); // running tasks continued
    BOOST_TEST(served["a1"] == 19);
}

BOOST_AUTO_TEST_CASE(with_one_of_four_accounts_banned_half_way_a_thousand_requests_end) {
    AccountPool pool(executor(), clock, equal_accounts(4, 3));
    for (int i = 0; i < 1000; ++i)
        start(pool, i % 4 == 3 ? "a" + std::to_string(i % 16 / 4) : "", 1s + i % 7 * 100ms);
    while (ended < 500 && clock.advance()) poll();
    json::Value ban;
    ban.set("banned", true);
    BOOST_REQUIRE(pool.change("a0", ban).has_value());
    auto const before = served["a0"];
    run();
    BOOST_TEST(ended == 1000);
    BOOST_TEST(served["a0"] == before); // nothing new after the ban
    for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(peak(pool, i) == 3u);
    for (auto const* other : {"a1", "a2", "a3"}) {
        BOOST_TEST(served[other] >= (1000 - before) / 3 * 9 / 10);
        BOOST_TEST(served[other] <= (1000 - before) / 3 * 11 / 10);
    }
}

BOOST_AUTO_TEST_CASE(an_account_waits_between_two_submissions) {
    auto rules = equal_accounts(1, 5);
    rules[0].interval = 2s;
    AccountPool pool(executor(), clock, rules);
    auto const start_time = clock.now();
    for (int i = 0; i < 3; ++i) start(pool, "", 100ms);
    run();
    std::vector<Duration> after;
    for (auto const time : begun) after.push_back(time - start_time);
    BOOST_TEST((after == std::vector<Duration>{0s, 2s, 4s}));
}

BOOST_AUTO_TEST_CASE(an_account_at_its_daily_cap_continues_at_midnight) {
    auto rules = equal_accounts(1, 5);
    rules[0].daily_cap = 2;
    AccountPool pool(executor(), clock, rules);
    auto const today = std::chrono::floor<std::chrono::days>(clock.wall());
    for (int i = 0; i < 3; ++i) start(pool, "", 1s);
    BOOST_TEST(begun.size() == 2u);
    run();
    BOOST_TEST(begun.size() == 3u);
    BOOST_TEST((std::chrono::floor<std::chrono::days>(clock.wall()) > today));
}

BOOST_AUTO_TEST_CASE(a_change_that_is_wrong_changes_nothing) {
    AccountPool pool(executor(), clock, equal_accounts(1, 3));
    json::Value wanted;
    wanted.set("speed", 2.0);
    wanted.set("slots", 0);
    BOOST_TEST(pool.change("a0", wanted).error().status == 400);
    BOOST_TEST(pool.change("nobody", wanted).error().status == 404);
    BOOST_TEST((*pool.to_json().array())[0].number("speed").value() == 1);
}

BOOST_AUTO_TEST_CASE(without_accounts_nobody_waits) {
    AccountPool pool(executor(), clock, {});
    for (int i = 0; i < 100; ++i) start(pool, "", 1s);
    BOOST_TEST(begun.size() == 100u);
    BOOST_TEST(!pool.would_wait(""));
    run();
    BOOST_TEST(ended == 100);
}

BOOST_AUTO_TEST_SUITE_END()
