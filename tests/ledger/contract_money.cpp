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
        {"what the service answers is paid, whoever has its task",
         [](Play& play) {
             two_runs_with_cap(play);
             for (int step : {1, 2, 3}) BOOST_TEST(play.goes("a", step));
             play.of("a").note_paid(Play::key_of(1), "t");
             play.of("a").note_paid(Play::key_of(1), "t");
             play.of("a").note_paid(Play::key_of(2), "t");
             play.of("a").note_paid(Play::key_of(3), "");
             for (int step : {1, 2, 3}) BOOST_TEST((play.ask("a", step).what == Grant::What::paid));
             BOOST_TEST((play.settle("a", 1, LastWord::free) == Entered::known));
             BOOST_TEST(is_spent(play, "b", 4, false));
             BOOST_TEST((play.others("b", {"t"}).tasks.size() == 1));
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
        {"what is open or paid is held for its directory",
         [](Play& play) {
             two_runs_with_cap(play);
             play.terms.caps = {};
             BOOST_TEST(play.held("a", 9).empty());
             for (int step : {1, 2, 3, 4, 5}) BOOST_TEST(play.goes("a", step));
             BOOST_TEST(play.goes("b", 9));
             play.settle("a", 1, LastWord::paid, "t1");
             play.settle("a", 2, LastWord::free);
             play.of("a").lose(Play::key_of(3));
             BOOST_TEST((play.held("a", 9) == std::vector{1, 3, 4, 5}));
             BOOST_TEST((play.held("b", 9) == std::vector{9}));
         }},
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
        {"the cap that is crossed is named, with what is spent of it",
         [](Play& play) {
             two_runs_with_cap(play);
             play.terms.caps.push_back({play.clock.wall() - 1h, 25, true});
             for (int step : {1, 2}) BOOST_TEST(play.goes("a", step));
             auto const grant = play.ask("a", 3);
             BOOST_TEST_REQUIRE((grant.what == Grant::What::spent));
             BOOST_TEST(grant.cap.is_month);
             BOOST_TEST(grant.cap.most == 25);
             BOOST_TEST(grant.spent == 20);
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
             play.of("a").charge_again(Play::key_of(1), "t", play.terms.identity, 10);
             play.of("a").charge_again(Play::key_of(1), "t", play.terms.identity, 10);
             BOOST_TEST(play.goes("b", 2));
             BOOST_TEST(play.goes("b", 3));
             BOOST_TEST(!play.goes("b", 4));
         }},
    };
}

/// The facts of a directory that has paid these, the last one first.
engine::DirectoryFacts paid(Play const& play, std::vector<engine::Payment> payments) {
    engine::DirectoryFacts facts;
    facts.payments = [payments = std::move(payments)](auto const& take) {
        for (auto const& payment : payments)
            if (!take(payment)) return;
    };
    facts.payer_of = [identity = play.terms.identity](engine::Payment const&) { return identity; };
    return facts;
}

engine::Payment payment(Play const& play, int step, std::string task = {}, Duration ago = {}) {
    engine::Payment payment;
    payment.step = Play::key_of(step);
    payment.at = play.clock.wall() - std::chrono::duration_cast<std::chrono::milliseconds>(ago);
    payment.cost = play.terms.price;
    payment.task_id = task.empty() ? fmt::format("t{}", step) : std::move(task);
    return payment;
}

engine::Payment again(engine::Payment payment) {
    payment.is_again = true;
    return payment;
}

/// Returns how many more requests may go in this play, up to a few.
int count_left(Play& play, std::string const& run) {
    constexpr int first = 100;
    int count = 0;
    while (count < 10 && play.goes(run, first + count)) ++count;
    return count;
}

std::vector<Row> rows_of_payments() {
    return {
        {"what was paid without the ledger is spent, once, from its time on",
         [](Play& play) {
             two_runs_with_cap(play);
             auto const alone = std::vector{payment(play, 1), payment(play, 2, "", 25h)};
             play.begin("a", 3, paid(play, alone));
             play.begin("a", 4, paid(play, alone));
             BOOST_TEST((play.ask("a", 1).what == Grant::What::paid));
             BOOST_TEST((play.ask("a", 2).what == Grant::What::paid));
             BOOST_TEST(count_left(play, "b") == 2);
             play.terms.caps = {{play.clock.wall() - 26h, 50}};
             BOOST_TEST(count_left(play, "a") == 1);
         }},
        {"what was paid since the last beginning is spent as well",
         [](Play& play) {
             two_runs_with_cap(play);
             play.begin("a", 3, paid(play, {payment(play, 1)}));
             play.begin("a", 4, paid(play, {payment(play, 2), payment(play, 1)}));
             BOOST_TEST(count_left(play, "b") == 1);
         }},
        {"a payment that the ledger has is spent once",
         [](Play& play) {
             two_runs_with_cap(play);
             BOOST_TEST(play.goes("a", 1));
             BOOST_TEST(play.goes("a", 2));
             play.settle("a", 1, LastWord::paid, "t1");
             play.kill(1); // and so the last word about the second one is lost
             auto facts = paid(play, {payment(play, 2), payment(play, 1)});
             facts.fate_of = [](Digest const&, WallTime, std::uint64_t) {
                 return engine::Fate::paid;
             };
             play.begin("a", 3, std::move(facts));
             BOOST_TEST(count_left(play, "b") == 1);
         }},
        {"a request that was free and then paid without the ledger is spent",
         [](Play& play) {
             two_runs_with_cap(play);
             BOOST_TEST(play.goes("a", 1));
             play.settle("a", 1, LastWord::free);
             play.begin("a", 3, paid(play, {payment(play, 1)}));
             play.begin("a", 4, paid(play, {payment(play, 1)}));
             BOOST_TEST(count_left(play, "b") == 2);
         }},
        {"a charge that came after all is spent once",
         [](Play& play) {
             two_runs_with_cap(play);
             play.terms.caps[0].most = 50;
             BOOST_TEST(play.goes("a", 1));
             play.settle("a", 1, LastWord::free);
             play.of("a").charge_again(Play::key_of(1), "t1", play.terms.identity, 10);
             auto const charges = std::vector{again(payment(play, 1, "u")), payment(play, 1)};
             play.begin("a", 3, paid(play, charges));
             play.begin("a", 4, paid(play, charges));
             BOOST_TEST(count_left(play, "b") == 3);
         }},
    };
}

std::vector<Row> rows_of_copies() {
    return {
        {"what a copy of a directory has paid is spent once",
         [](Play& play) {
             two_runs_with_cap(play);
             play.begin("a", 3, paid(play, {payment(play, 1)}));
             play.begin("copy", 4, paid(play, {payment(play, 2), payment(play, 1)}));
             BOOST_TEST(count_left(play, "b") == 1);
         }},
        {"payments of long ago that come first do not hide the others",
         [](Play& play) {
             two_runs_with_cap(play);
             std::vector<engine::Payment> merged;
             for (int step = 1000; step < 12'000; ++step)
                 merged.push_back(payment(play, step, "", 60 * 24h));
             merged.push_back(payment(play, 1));
             play.begin("a", 3, paid(play, std::move(merged)));
             BOOST_TEST(count_left(play, "b") == 2);
         }},
        {"a payment is spent although another step of the directory had the task before",
         [](Play& play) {
             two_runs_with_cap(play);
             BOOST_TEST(play.goes("a", 1));
             BOOST_TEST((play.adopt("a", 1, "t") == Entered::done));
             play.of("a").set_aside(Play::key_of(1));
             play.settle("a", 1, LastWord::free);
             play.begin("a", 3, paid(play, {payment(play, 2, "t")}));
             BOOST_TEST(count_left(play, "b") == 2);
         }},
        {"a payment of before the longest month counts only where a campaign does",
         [](Play& play) {
             two_runs_with_cap(play);
             play.begin("a", 3, paid(play, {payment(play, 1, "", 33 * 24h)}));
             play.terms.caps = {{play.clock.wall() - 34 * 24h, 30}};
             BOOST_TEST(count_left(play, "b") == (play.has_campaigns() ? 2 : 3));
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
             facts.fate_of = [](Digest const& step, WallTime, std::uint64_t) {
                 return step == Play::key_of(1) ? engine::Fate::paid : engine::Fate::not_known;
             };
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
             engine::DirectoryFacts facts;
             facts.fate_of = [](Digest const&, WallTime, std::uint64_t) {
                 return engine::Fate::never_sent;
             };
             play.begin("a", 3, std::move(facts));
             for (int step : {2, 3, 4}) BOOST_TEST(play.goes("b", step));
         },
         true},
        {"what an older copy does not know costs its price until somebody knows better",
         [](Play& play) {
             two_runs_with_cap(play);
             play.terms.facts = 1;
             BOOST_TEST(play.goes("a", 1));
             play.kill(1);
             play.begin("a", 3);
             for (int step : {2, 3}) BOOST_TEST(play.goes("b", step));
             BOOST_TEST(!play.goes("b", 4));
             play.settle("a", 1, LastWord::free);
             BOOST_TEST(play.goes("b", 4));
         }},
    };
}

std::vector<Row> rows_of_losses() {
    return {
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

std::vector<Row> rows_of_late_names() {
    return {
        {"what the journal has as finished has its task, also where nobody had named it",
         [](Play& play) {
             two_runs_with_cap(play);
             BOOST_TEST(play.goes("a", 1));
             play.kill(1);
             engine::DirectoryFacts facts;
             facts.fate_of = [](Digest const& step, WallTime, std::uint64_t) {
                 return step == Play::key_of(1) ? engine::Fate::paid : engine::Fate::not_known;
             };
             facts.task_of = [](Digest const&) { return std::string("t"); };
             play.begin("a", 3, std::move(facts));
             auto const grant = play.ask("a", 1);
             BOOST_TEST((grant.what == Grant::What::paid));
             BOOST_TEST(grant.held.task_id == "t");
         }},
    };
}

} // namespace

std::vector<Row> rows_of_money() {
    std::vector<Row> all;
    for (auto const& rows :
         {rows_of_caps(), rows_of_limits(), rows_of_days(), rows_of_beginnings(), rows_of_losses(),
          rows_of_payments(), rows_of_copies(), rows_of_late_names()})
        all.insert(all.end(), rows.begin(), rows.end());
    return all;
}

} // namespace darkroom::ledger::test
