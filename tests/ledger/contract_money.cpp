// The rows about money: what all runs of an account may spend in a day and a month.
#include "tests/ledger/contract.hpp"

#include <boost/test/unit_test.hpp>

#include <utility>

namespace darkroom::ledger::test {

using namespace std::chrono_literals;

namespace {

/// Two runs that may spend 30 from now on, which is three requests.
void two_runs_with_cap(Play& play) {
    play.begin("a", 1);
    play.begin("b", 2);
    play.terms.places = 10;
    play.terms.caps = {{play.clock.wall(), 30}};
}

bool is_spent(Play& play, std::string const& run, int step, bool may_change) {
    auto const grant = play.ask(run, step);
    return grant.what == Grant::What::spent && grant.may_change == may_change;
}

engine::DirectoryFacts one_open(Play const& play, int step, WallTime sent_at) {
    engine::DirectoryFacts facts;
    facts.open.resize(1);
    facts.open[0].step = Play::key_of(step);
    facts.open[0].identity = play.terms.identity;
    facts.open[0].price = play.terms.price;
    facts.open[0].sent_at = sent_at;
    return facts;
}

std::vector<Row> rows_of_caps() {
    return {
        {"two runs never cross a cap",
         [](Play& play) {
             two_runs_with_cap(play);
             BOOST_TEST(play.goes("a", 1));
             BOOST_TEST(play.goes("b", 2));
             BOOST_TEST(play.goes("a", 3));
             BOOST_TEST(is_spent(play, "b", 4, true));
         }},
        {"what is paid stays spent",
         [](Play& play) {
             two_runs_with_cap(play);
             for (int step : {1, 2, 3}) {
                 BOOST_TEST(play.goes("a", step));
                 play.settle("a", step, LastWord::paid, fmt::format("t{}", step));
             }
             BOOST_TEST(is_spent(play, "a", 4, false));
             BOOST_TEST(is_spent(play, "b", 4, false));
         }},
        {"what turns out to be free comes back, once",
         [](Play& play) {
             two_runs_with_cap(play);
             for (int step : {1, 2, 3}) BOOST_TEST(play.goes("a", step));
             play.settle("a", 1, LastWord::free);
             play.settle("a", 1, LastWord::free);
             BOOST_TEST(play.goes("b", 4));
             BOOST_TEST(!play.goes("b", 5));
         }},
        {"a lost request keeps its money",
         [](Play& play) {
             two_runs_with_cap(play);
             for (int step : {1, 2, 3}) BOOST_TEST(play.goes("a", step));
             for (int step : {1, 2, 3}) play.of("a").lose(Play::key_of(step));
             BOOST_TEST(is_spent(play, "b", 4, false));
         }},
        {"the requests of a process that died keep their money",
         [](Play& play) {
             two_runs_with_cap(play);
             for (int step : {1, 2, 3}) BOOST_TEST(play.goes("a", step));
             play.kill(1);
             play.clock.skip(2 * total);
             BOOST_TEST(is_spent(play, "b", 4, false));
         }},
    };
}

std::vector<Row> rows_of_limits() {
    return {
        {"only requests of others may change what a run hears",
         [](Play& play) {
             two_runs_with_cap(play);
             for (int step : {1, 2, 3}) BOOST_TEST(play.goes("a", step));
             BOOST_TEST(is_spent(play, "a", 4, false));
             BOOST_TEST(is_spent(play, "b", 4, true));
         }},
        {"the dearest request that fits goes",
         [](Play& play) {
             two_runs_with_cap(play);
             play.terms.price = 30;
             BOOST_TEST(play.goes("a", 1));
             play.terms.price = 1;
             BOOST_TEST(is_spent(play, "b", 2, true));
             play.terms.price = 0;
             BOOST_TEST(play.goes("b", 3));
         }},
    };
}

std::vector<Row> rows_of_days() {
    return {
        {"a cap counts from its time on",
         [](Play& play) {
             two_runs_with_cap(play);
             for (int step : {1, 2, 3}) BOOST_TEST(play.goes("a", step));
             play.clock.skip(24h);
             play.terms.caps = {{play.clock.wall(), 30}};
             BOOST_TEST(play.goes("a", 4));
         }},
        {"the narrowest of several caps holds",
         [](Play& play) {
             two_runs_with_cap(play);
             BOOST_TEST(play.goes("a", 1));
             play.clock.skip(24h);
             play.terms.caps = {{play.clock.wall(), 30}, {play.clock.wall() - 25h, 20}};
             BOOST_TEST(play.goes("a", 2));
             BOOST_TEST(!play.goes("a", 3));
         }},
        {"what yesterday's request gives back is yesterday's",
         [](Play& play) {
             two_runs_with_cap(play);
             BOOST_TEST(play.goes("a", 1));
             play.clock.skip(24h);
             play.terms.caps = {{play.clock.wall(), 30}};
             for (int step : {2, 3, 4}) BOOST_TEST(play.goes("a", step));
             play.settle("a", 1, LastWord::free);
             BOOST_TEST(!play.goes("a", 5));
         }},
        {"caps of two runs may differ",
         [](Play& play) {
             two_runs_with_cap(play);
             BOOST_TEST(play.goes("a", 1));
             play.terms.caps[0].most = 15;
             BOOST_TEST(is_spent(play, "b", 2, true));
             play.terms.caps.clear();
             BOOST_TEST(play.goes("b", 2));
         }},
        {"accounts have budgets of their own",
         [](Play& play) {
             two_runs_with_cap(play);
             for (int step : {1, 2, 3}) BOOST_TEST(play.goes("a", step));
             play.terms.identity += "0";
             BOOST_TEST(play.goes("b", 4));
         }},
        {"a charge that comes after all counts",
         [](Play& play) {
             two_runs_with_cap(play);
             BOOST_TEST(play.goes("a", 1));
             play.settle("a", 1, LastWord::free);
             play.of("a").charge_again(play.terms.identity, 10);
             BOOST_TEST(play.goes("b", 2));
             BOOST_TEST(play.goes("b", 3));
             BOOST_TEST(!play.goes("b", 4));
         }},
    };
}

std::vector<Row> rows_of_beginnings() {
    return {
        {"an open request that the ledger has never seen is spent",
         [](Play& play) {
             play.terms.caps = {{play.clock.wall(), 20}};
             play.begin("a", 1, one_open(play, 1, play.clock.wall()));
             play.begin("b", 2);
             BOOST_TEST(play.goes("b", 2));
             BOOST_TEST(!play.goes("b", 3));
             play.settle("a", 1, LastWord::free);
             BOOST_TEST(play.goes("b", 3));
         }},
        {"one that it has seen is not spent twice",
         [](Play& play) {
             two_runs_with_cap(play);
             BOOST_TEST(play.goes("a", 1));
             play.kill(1);
             play.begin("a", 3, one_open(play, 1, play.clock.wall()));
             play.begin("a", 4, one_open(play, 1, play.clock.wall()));
             BOOST_TEST(play.goes("b", 2));
             BOOST_TEST(play.goes("b", 3));
             BOOST_TEST(!play.goes("b", 4));
         }},
        {"what the journal has as finished is paid",
         [](Play& play) {
             two_runs_with_cap(play);
             BOOST_TEST(play.goes("a", 1));
             play.kill(1);
             engine::DirectoryFacts facts;
             facts.is_paid = [](Digest const& step) { return step == Play::key_of(1); };
             play.begin("a", 3, std::move(facts));
             BOOST_TEST((play.ask("a", 1).what == Grant::What::paid));
             BOOST_TEST(play.goes("b", 2));
             BOOST_TEST(play.goes("b", 3));
             BOOST_TEST(!play.goes("b", 4));
         }},
        {"what was granted and never sent costs nothing",
         [](Play& play) {
             two_runs_with_cap(play);
             BOOST_TEST(play.goes("a", 1));
             play.kill(1);
             play.begin("a", 3);
             for (int step : {2, 3, 4}) BOOST_TEST(play.goes("b", step));
         }},
        {"a paid step whose journal was lost on the way stays paid",
         [](Play& play) {
             two_runs_with_cap(play);
             BOOST_TEST(play.goes("a", 1));
             play.settle("a", 1, LastWord::paid, "t");
             play.kill(1);
             auto const named = play.begin("a", 3, one_open(play, 1, play.clock.wall()));
             BOOST_TEST(named.size() == 1u);
             BOOST_TEST((play.settle("a", 1, LastWord::paid, "t") == Entered::known));
             BOOST_TEST((play.ask("a", 1).what == Grant::What::paid));
         }},
    };
}

} // namespace

std::vector<Row> rows_of_money() {
    std::vector<Row> all;
    for (auto const& rows :
         {rows_of_caps(), rows_of_limits(), rows_of_days(), rows_of_beginnings()})
        all.insert(all.end(), rows.begin(), rows.end());
    return all;
}

} // namespace darkroom::ledger::test
