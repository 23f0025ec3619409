#include "runner/engine/accounts.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

constexpr Time accounts_start{1h};
constexpr jobs::Micros price = 26'000;

jobs::Account account(std::string name, int concurrency, double rate = 1000) {
    jobs::Account account;
    account.name = std::move(name);
    account.concurrency = concurrency;
    account.rate = rate;
    return account;
}

jobs::Limits whole(int concurrency = 100, double rate = 1000) {
    jobs::Limits limits;
    limits.concurrency = concurrency;
    limits.rate = rate;
    return limits;
}

Problem problem(Verdict verdict) {
    Problem why;
    why.verdict = verdict;
    why.code = name_of(verdict);
    return why;
}

/// Returns "a", "wait", "wait 250ms" or "none CODE".
std::string choice(Accounts& accounts, Time now, std::optional<std::string> owner = std::nullopt) {
    auto const choice = accounts.choose(now, {std::move(owner), price});
    switch (choice.what) {
    case AccountChoice::What::go: return accounts.name_of(choice.account);
    case AccountChoice::What::none: return "none " + choice.why.code;
    case AccountChoice::What::wait: break;
    }
    if (choice.when == Time::max()) return "wait";
    auto const wait = std::chrono::duration_cast<std::chrono::milliseconds>(choice.when - now);
    return fmt::format("wait {}ms", wait.count());
}

/// Takes a place of the account that is chosen, and returns its name.
std::string begin(Accounts& accounts, Time now) {
    auto const choice = accounts.choose(now, {std::nullopt, price});
    BOOST_REQUIRE((choice.what == AccountChoice::What::go));
    accounts.begin(choice.account, now, now, price);
    return accounts.name_of(choice.account);
}

} // namespace

BOOST_AUTO_TEST_SUITE(accounts)

BOOST_AUTO_TEST_CASE(a_run_with_one_token_has_one_account_without_a_name) {
    Accounts accounts({}, whole(2, 4), {});
    BOOST_TEST(accounts.size() == 1u);
    BOOST_TEST(accounts.find("").has_value());
    BOOST_TEST(begin(accounts, accounts_start) == "");
    BOOST_TEST(choice(accounts, accounts_start) == "wait 250ms");
    BOOST_TEST(choice(accounts, accounts_start, "") == "wait 250ms");
    BOOST_TEST(begin(accounts, accounts_start + 250ms) == "");
    BOOST_TEST(choice(accounts, accounts_start + 1s) == "wait");
    BOOST_TEST(accounts.places_for_new() == 0);
}

BOOST_AUTO_TEST_CASE(new_items_go_where_the_least_part_of_the_places_is_taken) {
    Accounts accounts({account("a", 2), account("b", 4)}, whole(), {});
    std::string order;
    for (int i = 0; i < 6; ++i) order += begin(accounts, accounts_start + i * 10ms);
    BOOST_TEST(order == "abbabb");
    BOOST_TEST(choice(accounts, accounts_start + 1s) == "wait");
    accounts.end(1);
    BOOST_TEST(choice(accounts, accounts_start + 1s) == "b");
}

BOOST_AUTO_TEST_CASE(of_equally_free_accounts_the_one_that_had_less_goes_next) {
    Accounts accounts({account("a", 1), account("b", 1), account("c", 1)}, whole(), {});
    std::string order;
    for (int i = 0; i < 9; ++i) {
        order += begin(accounts, accounts_start + i * 10ms);
        accounts.end(*accounts.find(order.substr(order.size() - 1)));
    }
    BOOST_TEST(order == "abcabcabc");
}

BOOST_AUTO_TEST_CASE(a_follow_up_goes_to_its_owner_however_busy_that_is) {
    Accounts accounts({account("a", 1), account("b", 9)}, whole(), {});
    BOOST_TEST(choice(accounts, accounts_start, "a") == "a");
    accounts.begin(0, accounts_start, accounts_start, price);
    BOOST_TEST(choice(accounts, accounts_start + 1s, "a") == "wait");
    BOOST_TEST(choice(accounts, accounts_start + 1s, "stranger") == "none no_account");
}

BOOST_AUTO_TEST_CASE(a_new_item_stands_back_where_a_follow_up_waits) {
    Accounts accounts({account("a", 1), account("b", 1)}, whole(), {});
    accounts.begin(0, accounts_start, accounts_start, price);
    accounts.begin_waiting(0); // for the place that is taken
    BOOST_TEST(accounts.followers() == 1u);
    BOOST_TEST(accounts.places_for_new() == 1);
    BOOST_TEST(choice(accounts, accounts_start + 1s) == "b");
    accounts.begin(1, accounts_start + 1s, accounts_start + 1s, price);
    accounts.end(0); // and now it is free: the follow-up's
    BOOST_TEST(choice(accounts, accounts_start + 2s) == "wait");
    BOOST_TEST(choice(accounts, accounts_start + 2s, "a") == "a");
    accounts.end_waiting(0);
    BOOST_TEST(choice(accounts, accounts_start + 2s) == "a");
}

BOOST_AUTO_TEST_CASE(each_rate_holds_for_itself_and_the_earliest_token_is_waited_for) {
    Accounts accounts({account("a", 9, 1), account("b", 9, 2)}, whole(), {});
    BOOST_TEST(begin(accounts, accounts_start) == "a");
    BOOST_TEST(begin(accounts, accounts_start) == "b");
    BOOST_TEST(choice(accounts, accounts_start) == "wait 500ms");
    BOOST_TEST(choice(accounts, accounts_start, "a") == "wait 1000ms");
}

BOOST_AUTO_TEST_CASE(all_together_keep_to_the_limits_of_the_whole) {
    Accounts accounts({account("a", 9, 2), account("b", 9, 2)}, whole(2, 1), {});
    BOOST_TEST(accounts.places_for_new() == 2);
    BOOST_TEST(begin(accounts, accounts_start) == "a");
    BOOST_TEST(choice(accounts, accounts_start) == "wait 1000ms");
    BOOST_TEST(choice(accounts, accounts_start, "b") == "wait 1000ms");
    BOOST_TEST(begin(accounts, accounts_start + 1s) == "b");
    BOOST_TEST(choice(accounts, accounts_start + 9s) == "wait");
    BOOST_TEST(choice(accounts, accounts_start + 9s, "a") == "wait");
    BOOST_TEST(accounts.places_for_new() == 0);
}

BOOST_AUTO_TEST_CASE(a_429_slows_down_the_account_that_got_it) {
    Accounts accounts({account("a", 4), account("b", 4)}, whole(), {});
    accounts.begin(0, accounts_start, accounts_start, price);
    accounts.slow_down(0, accounts_start, accounts_start + 1s, accounts_start + 20s);
    BOOST_TEST(choice(accounts, accounts_start + 2s, "a") == "wait 18000ms");
    BOOST_TEST(choice(accounts, accounts_start + 2s) == "b");
    BOOST_TEST(accounts.places_for_new() == 2 + 4);
}

BOOST_AUTO_TEST_CASE(a_stray_429_holds_up_no_other_request) {
    Accounts accounts({account("a", 4)}, whole(), {});
    for (int i = 0; i < 30; ++i) accounts.on_success(0);
    accounts.slow_down(0, accounts_start, accounts_start + 1s, accounts_start + 20s);
    BOOST_TEST(choice(accounts, accounts_start + 2s) == "a");
    BOOST_TEST(accounts.places_for_new() == 4);
    accounts.slow_down(0, accounts_start, accounts_start + 3s,
                       accounts_start + 20s); // another follows
    BOOST_TEST(choice(accounts, accounts_start + 4s) == "wait 16000ms");
    BOOST_TEST(accounts.places_for_new() == 3);
}

BOOST_AUTO_TEST_CASE(a_parked_account_pays_for_nothing_and_the_others_go_on) {
    Accounts accounts({account("a", 4), account("b", 4)}, whole(), {});
    accounts.park(0, problem(Verdict::account));
    accounts.park(0, problem(Verdict::empty)); // the first reason stays
    auto const parked = accounts.newly_parked();
    BOOST_TEST(parked.size() == 1u);
    BOOST_TEST(parked.front().parked->code == "account");
    BOOST_TEST(accounts.newly_parked().empty());
    BOOST_TEST(accounts.left() == 1u);
    BOOST_TEST(choice(accounts, accounts_start) == "b");
    BOOST_TEST(choice(accounts, accounts_start, "a") == "none account");
    accounts.park(1, problem(Verdict::empty));
    BOOST_TEST(choice(accounts, accounts_start) == "none empty");
    BOOST_TEST(accounts.left() == 0u);
}

BOOST_AUTO_TEST_CASE(a_cap_is_never_crossed_and_parks_once_nothing_can_come_back) {
    auto capped = account("a", 9);
    capped.cost_cap = 3 * price;
    std::map<std::string, Totals> spent;
    spent["a"].paid = 1;
    spent["a"].cost = price;
    spent["a"].open = 1;
    spent["a"].open_price = price;
    Accounts accounts({capped}, whole(), spent);
    BOOST_TEST(choice(accounts, accounts_start) == "a");
    accounts.begin(0, accounts_start, accounts_start, price);
    BOOST_TEST(choice(accounts, accounts_start + 1s) == "wait"); // two are open, either may fail
    accounts.release(0, price);
    BOOST_TEST(choice(accounts, accounts_start + 1s) == "a");
    accounts.begin(0, accounts_start + 1s, accounts_start + 1s, price);
    accounts.charge(0, price);
    BOOST_TEST(choice(accounts, accounts_start + 2s) == "wait");
    accounts.abandon(0); // the one of an earlier run stays unknown
    BOOST_TEST(choice(accounts, accounts_start + 2s) == "none cost_cap");
    BOOST_TEST(accounts.newly_parked().size() == 1u);
    BOOST_TEST(choice(accounts, accounts_start + 2s, "a") == "none cost_cap");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::engine
