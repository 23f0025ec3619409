// One budget for all shards: it is handed out in parts, and its last cent can be spent.
#include "runner/postgres/error.hpp"
#include "runner/postgres/ledger_admin.hpp"
#include "tests/postgres/store_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <memory>
#include <vector>

namespace darkroom::postgres::test {

using namespace std::chrono_literals;
using engine::Entered;
using engine::Grant;
using engine::LastWord;

namespace {

struct Shards : StoreFixture {
    /// Begins one more shard of `count`.
    PostgresLedger& shard(int number, int count, CampaignBudget budget) {
        auto of_shard = options();
        of_shard.shard = number;
        of_shard.shards = count;
        of_shard.budget = budget;
        all.push_back(begun(std::move(of_shard)));
        return *all.back();
    }
    /// Asks until the ledger says something else than to ask again.
    Grant asked(PostgresLedger& ledger, int step, jobs::Micros price = 10) {
        for (;;) {
            auto request = StoreFixture::request(step, ++nonce);
            request.places = 1000;
            request.price = price;
            auto grant = run(ledger.grant(std::move(request)));
            if (grant.what != Grant::What::rate) return grant;
        }
    }
    bool may_buy(PostgresLedger& ledger, int step, jobs::Micros price = 10) {
        auto const grant = asked(ledger, step, price);
        bool const is_spent = grant.what == Grant::What::spent && grant.is_of_campaign;
        BOOST_TEST_REQUIRE((grant.what == Grant::What::go || is_spent), grant.why.message);
        return !is_spent;
    }
    error_code refusal(CampaignBudget budget) {
        auto other = options();
        other.budget = budget;
        auto const begun = run(ledger(std::move(other))->begin());
        return begun.has_error() ? begun.error().code : error_code();
    }
    bool set(NewLimit<std::int64_t> generations, NewLimit<jobs::Micros> cost,
             std::string campaign = "a") {
        LineOptions line;
        line.url = url;
        auto const done = run(set_budget(context.get_executor(), clock, line, std::move(campaign),
                                         generations, cost));
        BOOST_TEST_REQUIRE(done.has_value(), done.error().message());
        return *done;
    }
    /// No shard has used more than its part, and the parts are no more than the limit.
    void check_sum(std::string const& limit) {
        BOOST_TEST(number("SELECT bool_and(used_generations <= may_generations) FROM "
                          "darkroom.runs") == "t");
        BOOST_TEST(number("SELECT sum(may_generations) <= " + limit + " FROM darkroom.runs") ==
                   "t");
    }

    std::vector<std::unique_ptr<PostgresLedger>> all;
    std::uint64_t nonce = 0;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(postgres_budget, Shards)

BOOST_AUTO_TEST_CASE(the_last_of_it_can_be_spent_by_any_shard) {
    for (int generations : {1, 6, 7, 500}) {
        make(url, "TRUNCATE darkroom.campaigns, darkroom.runs, darkroom.steps, darkroom.holders, "
                  "darkroom.accounts");
        all.clear();
        CampaignBudget const budget{generations, {}};
        auto& first = shard(1, 3, budget);
        auto& second = shard(2, 3, budget);
        auto& third = shard(3, 3, budget);
        int bought = 0;
        // The first two take their parts, and then only the third goes on.
        for (auto* ledger : {&first, &second}) bought += may_buy(*ledger, ++bought * 1000) ? 0 : -1;
        int const before = bought;
        for (int step = 1; may_buy(third, step); ++step) {
            check_sum(std::to_string(generations));
            ++bought;
        }
        BOOST_TEST(bought == generations, before << " before");
        BOOST_TEST(!may_buy(first, 9001));
        BOOST_TEST((run(third.settle(step_of(1), LastWord::free, "")) == Entered::done ||
                    generations < 3));
        if (generations >= 3) BOOST_TEST(may_buy(second, 9002));
        BOOST_TEST(!may_buy(first, 9003));
        check_sum(std::to_string(generations));
    }
}

BOOST_AUTO_TEST_CASE(a_cost_is_handed_out_like_a_number_whatever_the_prices) {
    CampaignBudget const budget{{}, 1'000};
    auto& first = shard(1, 2, budget);
    auto& second = shard(2, 2, budget);
    BOOST_TEST(may_buy(first, 1, 7));
    BOOST_TEST(may_buy(second, 2, 900));
    BOOST_TEST(!may_buy(first, 3, 94));
    BOOST_TEST(may_buy(first, 4, 93));
    BOOST_TEST(!may_buy(second, 5, 1));
    BOOST_TEST(number("SELECT sum(used_cost) FROM darkroom.runs") == "1000");
}

BOOST_AUTO_TEST_CASE(a_shard_that_ends_gives_its_part_back) {
    CampaignBudget const budget{200, {}};
    auto& first = shard(1, 1, budget);
    BOOST_TEST(may_buy(first, 1));
    BOOST_TEST(number("SELECT may_generations > 1 FROM darkroom.runs") == "t");
    run(first.end(clock.now() + 10s));
    BOOST_TEST(number("SELECT may_generations FROM darkroom.runs") == "1");
}

BOOST_AUTO_TEST_CASE(another_budget_is_refused_until_a_person_sets_it) {
    {
        auto& first = shard(1, 1, {});
        BOOST_TEST(may_buy(first, 1));
        run(first.settle(step_of(1), LastWord::paid, "t1"));
        // Paid after all, besides what its row says.
        first.charge_again(step_of(1), "t2", request(1, 1).identity, 10);
        run(first.end(clock.now() + 10s));
    }
    BOOST_TEST((refusal({4, {}}) == error_code())); // the first one
    BOOST_TEST(number("SELECT sum(used_generations) FROM darkroom.runs") == "2");
    make(url, "UPDATE darkroom.holders SET expires = '-infinity'");
    BOOST_TEST((refusal({5, {}}) == make_error_code(Errc::other_budget)));
    BOOST_TEST((refusal({4, 100}) == make_error_code(Errc::other_budget)));
    auto& second = shard(1, 1, {}); // that of the campaign holds
    BOOST_TEST(second.budget_before().generations.value() == 4);
    BOOST_TEST(may_buy(second, 2));
    BOOST_TEST(may_buy(second, 3));
    BOOST_TEST(!may_buy(second, 4));
    BOOST_TEST(set(std::optional<std::int64_t>(5), {}));
    BOOST_TEST(may_buy(second, 4));
    BOOST_TEST(!may_buy(second, 5));
    BOOST_TEST(set({}, std::optional<jobs::Micros>(1000)));
    BOOST_TEST(!may_buy(second, 5));
    BOOST_TEST(set(std::optional<std::int64_t>(), {}));
    BOOST_TEST(may_buy(second, 5));
    BOOST_TEST(set(std::optional<std::int64_t>(3), std::optional<jobs::Micros>()));
    BOOST_TEST(!may_buy(second, 6));
    // The job file that the limits came from still runs; so does one that says the same as they.
    auto const at_once = [this](CampaignBudget budget) {
        make(url, "UPDATE darkroom.holders SET expires = '-infinity'");
        return refusal(budget);
    };
    BOOST_TEST((at_once({4, {}}) == error_code()));
    BOOST_TEST((at_once({5, {}}) == make_error_code(Errc::other_budget)));
    BOOST_TEST((at_once({3, {}}) == error_code()));
    BOOST_TEST((at_once({4, {}}) == make_error_code(Errc::other_budget)));
    BOOST_TEST(set(std::optional<std::int64_t>(), {}));
    BOOST_TEST((at_once({3, {}}) == error_code()));
    BOOST_TEST((at_once({4, {}}) == make_error_code(Errc::other_budget)));
    BOOST_TEST(!set(std::optional<std::int64_t>(3), {}, "another"));
}

BOOST_AUTO_TEST_CASE(what_is_paid_after_all_is_taken_from_the_parts_of_all) {
    CampaignBudget const budget{8, {}};
    auto& first = shard(1, 2, budget);
    auto& second = shard(2, 2, budget);
    BOOST_TEST(may_buy(first, 1));
    for (int step = 101; step < 107; ++step) BOOST_TEST(may_buy(second, step));
    BOOST_TEST(number("SELECT may_generations > used_generations FROM darkroom.runs "
                      "WHERE shard = 1") == "t");
    second.charge_again(step_of(101), "t", request(1, 1).identity, 10);
    BOOST_TEST(!may_buy(second, 107)); // sees the charge
    BOOST_TEST(!may_buy(first, 2));
    BOOST_TEST((run(second.settle(step_of(106), LastWord::free, "")) == Entered::done));
    BOOST_TEST(may_buy(first, 2));
    BOOST_TEST(!may_buy(first, 3));
    check_sum("8");
}

BOOST_AUTO_TEST_CASE(a_ledger_of_the_first_version_is_brought_up_to_date) {
    auto& first = shard(1, 1, {5, {}});
    BOOST_TEST(may_buy(first, 1));
    run(first.settle(step_of(1), LastWord::paid, "t"));
    first.charge_again(step_of(1), "t2", request(1, 1).identity, 10);
    run(first.end(clock.now() + 10s));
    make(url, "ALTER TABLE darkroom.runs DROP COLUMN used_generations, DROP COLUMN used_cost, "
              "DROP COLUMN may_generations, DROP COLUMN may_cost");
    make(url, "ALTER TABLE darkroom.campaigns DROP COLUMN file_generations, DROP COLUMN file_cost");
    make(url, "ALTER TABLE darkroom.campaigns ADD COLUMN used_generations bigint DEFAULT 1, "
              "ADD COLUMN used_cost bigint DEFAULT 10");
    make(url, "ALTER TABLE darkroom.steps DROP COLUMN ask, DROP COLUMN taker");
    make(url, "UPDATE darkroom.meta SET text = '1' WHERE name = 'version'");
    LineOptions line;
    line.url = url;
    auto const made = run(make_schema(context.get_executor(), clock, line));
    BOOST_TEST_REQUIRE(made.has_value(), made.error().message());
    BOOST_TEST(number("SELECT used_generations FROM darkroom.runs") == "2");
    BOOST_TEST(number("SELECT used_cost FROM darkroom.runs") == "20");
    auto& second = shard(1, 1, {5, {}});
    for (int step = 2; step < 5; ++step) BOOST_TEST(may_buy(second, step));
    BOOST_TEST(!may_buy(second, 6));
}

namespace {

engine::awaitable<void> buy_all(PostgresLedger& ledger, Clock& clock, int first, int& bought) {
    for (int step = first;; ++step) {
        auto request = StoreFixture::request(step, static_cast<std::uint64_t>(step));
        request.places = 1000;
        Grant grant;
        do {
            grant = co_await ledger.grant(request);
            if (grant.what == Grant::What::rate) co_await clock.sleep_for(1ms);
        } while (grant.what == Grant::What::rate);
        if (grant.what != Grant::What::go) {
            BOOST_TEST((grant.what == Grant::What::spent), grant.why.message);
            co_return;
        }
        ++bought;
        bool const is_free = step % 5 == 0;
        auto const word = is_free ? LastWord::free : LastWord::paid;
        auto const settled = co_await ledger.settle(step_of(step), word, "");
        BOOST_TEST((settled == Entered::done));
        bought -= is_free ? 1 : 0;
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(many_shards_at_once_spend_it_to_the_last_and_no_more) {
    constexpr int shards = 8;
    constexpr int generations = 150;
    for (int i = 1; i <= shards; ++i) shard(i, shards, {generations, {}});
    int bought = 0;
    std::exception_ptr defect;
    context.restart();
    for (int i = 0; i < shards; ++i) {
        auto& ledger = *all[static_cast<std::size_t>(i)];
        boost::asio::co_spawn(context, buy_all(ledger, clock, i * 1000 + 1, bought),
                              [&defect](std::exception_ptr why) {
                                  if (why) defect = why;
                              });
    }
    context.run();
    if (defect) std::rethrow_exception(defect);
    BOOST_TEST(bought == generations);
    BOOST_TEST(number("SELECT sum(used_generations) FROM darkroom.runs") ==
               std::to_string(generations));
    check_sum(std::to_string(generations));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::postgres::test
