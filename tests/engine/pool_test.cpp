// Whole runs with several accounts: which one makes what, and what continues when one is parked.
#include "tests/engine/run_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace darkroom::engine {

using namespace std::chrono_literals;
using test::Branches;

namespace {

struct Pool : test::RunFixture {
    Pool() {
        for (auto const* name : {"a", "b", "c", "d"}) add(name);
        options.limits.concurrency = 12;
    }

    void add(std::string name) {
        jobs::Account account;
        account.name = std::move(name);
        account.concurrency = 3;
        account.rate = 1000;
        options.accounts.push_back(std::move(account));
    }
    void remove(std::string const& name) {
        std::erase_if(options.accounts,
                      [&name](jobs::Account const& one) { return one.name == name; });
    }
    void want_many(int count, Branches const& then = {}) {
        for (int i = 0; i < count; ++i) want(fmt::format("boat {}", i), then);
    }

    /// Counts by account the requests that have left.
    std::map<std::string, int> sent() const {
        std::map<std::string, int> counts;
        for (auto const& event : disk.facts) {
            if (auto const* fact = std::get_if<Submitted>(&event.fact)) ++counts[fact->account];
        }
        return counts;
    }
    std::int64_t charged() const {
        std::int64_t sum = 0;
        for (auto const& [request, count] : service.charges()) {
            BOOST_TEST(count <= 1, request);
            sum += count;
        }
        return sum;
    }
    void check_places() const {
        for (auto const& [name, peak] : service.peak) BOOST_TEST(peak <= 3, name);
        BOOST_TEST(service.strays == 0);
    }
};

Branches four_upscales() {
    return {{{"upscale1", "upscale2", "upscale3", "upscale4"}, true, {}, {}}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(pool)

BOOST_FIXTURE_TEST_CASE(a_thousand_requests_spread_over_four_accounts, Pool) {
    want_many(200, four_upscales());
    auto const result = run_it();
    BOOST_TEST(name_of(result.end) == "all_done");
    BOOST_TEST(charged() == 1000);
    check_places();
    BOOST_TEST(sent().size() == 4u);
    for (auto const& [name, count] : sent()) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(count >= 225);
            BOOST_TEST(count <= 275);
            BOOST_TEST(service.peak[name] == 3); // no place is idle
        }
    }
    std::int64_t paid = 0;
    for (auto const& account : result.accounts) paid += account.paid;
    BOOST_TEST(paid == 1000);
}

BOOST_FIXTURE_TEST_CASE(with_one_banned_half_way_a_thousand_items_are_made_all_the_same, Pool) {
    service.banned_from["b"] = 500;
    want_many(1000);
    auto const result = run_it();
    BOOST_TEST(name_of(result.end) == "all_done");
    BOOST_TEST(charged() == 1000);
    check_places();
    BOOST_TEST(observer.parked.size() == 1u);
    BOOST_TEST(observer.parked.front().name == "b");
    BOOST_TEST(observer.parked.front().left == 3u);
    BOOST_TEST(result.accounts.at(1).parked->code == "invalid_token");
    BOOST_TEST(result.tally.retries > 0u);
    BOOST_TEST(result.tally.retries <= 3u); // what was open there
}

BOOST_FIXTURE_TEST_CASE(what_a_banned_account_made_waits_for_it_and_the_rest_is_done, Pool) {
    service.banned_from["b"] = 500;
    want_many(200, four_upscales());
    auto const result = run_it();
    BOOST_TEST(name_of(result.end) == "some_failed");
    BOOST_TEST(result.tally.stranded > 0u);
    BOOST_TEST(result.tally.failed == 0u);
    BOOST_TEST(result.tally.done + result.tally.stranded == 1000u);
    check_places();
    service.banned_from.clear();
    auto const again = run_it();
    BOOST_TEST(name_of(again.end) == "all_done");
    BOOST_TEST(again.tally.paid == static_cast<std::int64_t>(result.tally.stranded));
    BOOST_TEST(charged() == 1000);
    BOOST_TEST(service.strays == 0);
}

BOOST_FIXTURE_TEST_CASE(the_run_stops_when_no_account_is_left, Pool) {
    for (auto const* name : {"a", "b", "c", "d"}) service.banned_from[name] = 20;
    want_many(100);
    auto const result = run_it();
    BOOST_TEST(name_of(result.end) == "account_refused");
    BOOST_TEST(observer.parked.size() == 3u); // the last one's problem ends the run
    service.banned_from.clear();
    BOOST_TEST(name_of(run_it().end) == "all_done");
    BOOST_TEST(charged() == 100);
}

BOOST_FIXTURE_TEST_CASE(an_account_at_its_cap_is_parked_and_the_others_go_on, Pool) {
    options.accounts[1].cost_cap = 10 * options.prices.otherwise;
    want_many(100);
    BOOST_TEST(name_of(run_it().end) == "all_done");
    BOOST_TEST(service.charges_by_account()["b"] == 10);
    want_many(20);
    for (auto& account : options.accounts) account.cost_cap = 10 * options.prices.otherwise;
    for (int i = 0; i < 20; ++i) want(fmt::format("ship {}", i));
    auto const result = run_it(); // what earlier runs have spent counts
    BOOST_TEST(name_of(result.end) == "account_empty");
    BOOST_TEST(result.error.message().find("cost_cap") != std::string::npos);
    BOOST_TEST(charged() == 100);
}

BOOST_FIXTURE_TEST_CASE(a_hint_to_one_account_holds_up_no_other, Pool) {
    service.busy = {"c", 1h};
    want_many(60);
    auto const begun = clock.now();
    BOOST_TEST(name_of(run_it().end) == "all_done");
    BOOST_TEST((clock.now() - begun < 30min));
    BOOST_TEST(sent()["c"] <= 3);
}

BOOST_FIXTURE_TEST_CASE(a_removed_accounts_images_wait_for_it_and_say_so, Pool) {
    want_many(8);
    run_it();
    remove("a");
    for (auto& item : items) {
        auto with_more = std::make_shared<jobs::Item>(*item);
        with_more->then = std::make_shared<Branches const>(four_upscales());
        item = with_more;
    }
    auto const result = run_it();
    BOOST_TEST(name_of(result.end) == "some_failed");
    BOOST_TEST(result.tally.stranded == 2u * 4);
    BOOST_TEST(result.tally.done == 8u + 6 * 4);
    BOOST_TEST(observer.parked.size() == 1u);
    BOOST_TEST(observer.parked.front().problem.code == "no_account");
    auto const facts = disk.facts.size();
    run_it();
    BOOST_TEST(disk.facts.size() == facts); // one fact in the journal, not one for each run
    add("a");
    BOOST_TEST(name_of(run_it().end) == "all_done");
    BOOST_TEST(charged() == 8 + 8 * 4);
    BOOST_TEST(service.strays == 0);
}

BOOST_FIXTURE_TEST_CASE(an_open_request_of_a_removed_account_is_never_sent_again, Pool) {
    options.grace = 1ms;
    want_many(12);
    run_it({500ms});
    remove("a");
    auto const result = run_it();
    BOOST_TEST(name_of(result.end) == "some_failed");
    BOOST_TEST(result.tally.unknown == 3u);
    BOOST_TEST(service.requests() == 12);
    add("a");
    BOOST_TEST(name_of(run_it().end) == "all_done");
    BOOST_TEST(service.requests() == 12);
    BOOST_TEST(charged() == 12);
}

BOOST_FIXTURE_TEST_CASE(what_was_made_with_one_token_needs_an_account_without_a_name, Pool) {
    auto const named = std::exchange(options.accounts, {});
    want("a boat", four_upscales());
    options.budget.generations = 1;
    run_it();
    options.budget = {};
    options.accounts = named;
    auto const result = run_it();
    BOOST_TEST(result.tally.stranded == 4u);
    add("");
    BOOST_TEST(name_of(run_it().end) == "all_done");
    BOOST_TEST(sent()[""] == 5);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_CASE(a_late_success_belongs_to_the_account_that_asked_for_it, Pool) {
    want("a boat", four_upscales());
    service.on_accept = [this](simulation::Task& task) {
        task.ends_at = task.taken_at + 10s;
        if (task.number > 1) return;
        task.says_failed_until = task.taken_at + 11s; // it takes that word back
        task.false_word = "api_error";
        service.faults.refused = 100; // the next attempts, with other accounts
    };
    options.retry.attempts = 3; // by a, b and c
    run_it();
    BOOST_TEST(sent().size() == 3u);
    service.faults = simulation::Faults::none();
    BOOST_TEST(name_of(run_it().end) == "all_done");
    BOOST_TEST(charged() == 5);
    BOOST_TEST(service.charges_by_account().size() == 1u);
    check_places();
}

} // namespace darkroom::engine
