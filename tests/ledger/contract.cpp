#include "tests/ledger/contract.hpp"

#include <boost/test/unit_test.hpp>

#include <utility>

namespace darkroom::ledger::test {

using namespace std::chrono_literals;

engine::GrantRequest Play::usual_terms() {
    engine::GrantRequest terms;
    terms.identity = "https://api.example.org#1";
    terms.request = sha256("a cat");
    terms.price = 10;
    terms.places = 2;
    return terms;
}

std::vector<engine::NamedStep> Play::begin(std::string const& run, int process,
                                           engine::DirectoryFacts facts) {
    ledgers_.erase(run);
    ledgers_[run] = subject_->begin(run, process);
    if (!facts.fate_of)
        facts.fate_of = [](Digest const&, WallTime, std::uint64_t) {
            return engine::Fate::not_known;
        };
    facts.identities.push_back(terms.identity);
    auto named = IoFixture::run(of(run).enter(std::move(facts)));
    BOOST_TEST_REQUIRE(named.has_value());
    return std::move(*named);
}

Grant Play::ask(std::string const& run, int step) {
    auto request = terms;
    request.step = key_of(step);
    request.nonce = ++nonce;
    return IoFixture::run(of(run).grant(std::move(request)));
}

Entered Play::settle(std::string const& run, int step, LastWord word, std::string task) {
    return IoFixture::run(of(run).settle(key_of(step), word, std::move(task)));
}

Entered Play::adopt(std::string const& run, int step, std::string task) {
    return IoFixture::run(of(run).adopt(key_of(step), std::move(task)));
}

engine::OtherRuns Play::others(std::string const& run, std::vector<std::string> tasks) {
    return IoFixture::run(of(run).others(terms.identity, std::move(tasks)));
}

std::vector<int> Play::held(std::string const& run, int last) {
    std::set<Digest> found;
    for (Digest after{};;) {
        auto const some = IoFixture::run(of(run).held_after(after));
        BOOST_REQUIRE(some.has_value());
        if (some->empty()) break;
        for (auto const& step : *some) {
            BOOST_TEST((step > after)); // in order, each once
            after = step;
            found.insert(step);
        }
    }
    std::vector<int> steps;
    for (int step = 1; step <= last; ++step)
        if (found.contains(key_of(step))) steps.push_back(step);
    BOOST_TEST(steps.size() == found.size());
    return steps;
}

Duration Play::turn(std::string const& run, Duration pace, int questions) {
    return IoFixture::run(of(run).look_turn(terms.identity, pace, questions));
}

namespace {

engine::Problem refused() {
    engine::Problem why;
    why.verdict = engine::Verdict::empty;
    why.code = "used_up";
    why.message = "no balance";
    return why;
}

void two_runs(Play& play) {
    play.begin("a", 1);
    play.begin("b", 2);
}

void a_place_each(Play& play) {
    two_runs(play);
    BOOST_TEST(play.goes("a", 1));
    BOOST_TEST(play.goes("b", 2));
}

bool is_full(Play& play, std::string const& run, int step) {
    auto const grant = play.ask(run, step);
    return grant.what == Grant::What::full && grant.wait > Duration() && grant.wait <= 1s;
}

bool is_early(Play& play, std::string const& run, int step, Duration wait) {
    auto const grant = play.ask(run, step);
    return grant.what == Grant::What::rate && grant.wait == wait;
}

std::vector<Row> rows_of_places() {
    return {
        {"a request goes at once where there is a place",
         [](Play& play) {
             play.begin("a", 1);
             auto const grant = play.ask("a", 1);
             BOOST_TEST((grant.what == Grant::What::go && grant.wait == Duration()));
         }},
        {"two runs share the places of an account",
         [](Play& play) {
             a_place_each(play);
             BOOST_TEST(is_full(play, "a", 3));
             BOOST_TEST(is_full(play, "b", 4));
         }},
        {"each run starts below its own limit",
         [](Play& play) {
             a_place_each(play);
             play.terms.places = 3;
             BOOST_TEST(play.goes("a", 3));
             play.terms.places = 2;
             BOOST_TEST(is_full(play, "b", 4));
         }},
        {"accounts do not share places",
         [](Play& play) {
             a_place_each(play);
             play.terms.identity = "https://api.example.org#2";
             BOOST_TEST(play.goes("a", 3));
         }},
    };
}

std::vector<Row> rows_of_endings() {
    return {
        {"a paid request gives its place back",
         [](Play& play) {
             a_place_each(play);
             play.settle("a", 1, LastWord::paid, "t1");
             BOOST_TEST(play.goes("b", 3));
             BOOST_TEST(is_full(play, "a", 4));
         }},
        {"a free request gives its place back",
         [](Play& play) {
             a_place_each(play);
             play.settle("b", 2, LastWord::free);
             BOOST_TEST(play.goes("a", 3));
             BOOST_TEST(is_full(play, "b", 4));
         }},
        {"a lost request gives its place back, once",
         [](Play& play) {
             a_place_each(play);
             play.of("a").lose(Play::key_of(1));
             play.of("a").lose(Play::key_of(1));
             BOOST_TEST(play.goes("b", 3));
             BOOST_TEST(is_full(play, "b", 4));
             play.settle("a", 1, LastWord::free);
             BOOST_TEST(is_full(play, "b", 4));
         }},
        {"a last word that is said twice gives one place back",
         [](Play& play) {
             a_place_each(play);
             play.settle("a", 1, LastWord::paid, "t1");
             play.settle("a", 1, LastWord::paid, "t1");
             BOOST_TEST(play.goes("b", 3));
             BOOST_TEST(is_full(play, "b", 4));
         }},
    };
}

/// The facts of a directory that says of the first grant of a play that it was never sent.
engine::DirectoryFacts unsent_facts(Play const& play, int facts) {
    auto const first = play.nonce - 1; // there were two
    engine::DirectoryFacts unsent;
    unsent.facts = facts;
    unsent.fate_of = [first](Digest const& step, WallTime, std::uint64_t nonce) {
        bool const is_it = step == Play::key_of(1) && nonce == first;
        return is_it ? engine::Fate::never_sent : engine::Fate::not_known;
    };
    return unsent;
}

std::vector<Row> rows_of_deaths() {
    return {
        {"the places of a process that died count until its requests must have ended",
         [](Play& play) {
             a_place_each(play);
             play.kill(1);
             play.clock.skip(total - 1s);
             BOOST_TEST(is_full(play, "b", 3));
             play.clock.skip(2s);
             BOOST_TEST(play.goes("b", 3));
             BOOST_TEST(is_full(play, "b", 4));
         }},
        {"the places of a process that lives count a minute longer",
         [](Play& play) {
             a_place_each(play);
             play.clock.skip(total + 50s);
             BOOST_TEST(is_full(play, "b", 3));
             play.clock.skip(20s);
             BOOST_TEST(play.goes("b", 3));
         }},
        {"the next run of a directory frees what its journal has settled",
         [](Play& play) {
             a_place_each(play);
             play.kill(1);
             auto const first = play.nonce - 1; // there were two
             engine::DirectoryFacts facts;
             facts.fate_of = [first](Digest const& step, WallTime, std::uint64_t nonce) {
                 bool const is_it = step == Play::key_of(1) && nonce == first;
                 return is_it ? engine::Fate::free : engine::Fate::not_known;
             };
             play.begin("a", 3, std::move(facts));
             BOOST_TEST(play.goes("b", 3));
             BOOST_TEST((play.settle("a", 1, LastWord::free) == Entered::known));
         }},
    };
}

std::vector<Row> rows_of_older_copies() {
    return {
        {"the next run of a directory frees what was granted and never sent",
         [](Play& play) {
             a_place_each(play);
             play.kill(1);
             auto facts = unsent_facts(play, 0);
             play.begin("a", 3, std::move(facts));
             BOOST_TEST(play.goes("b", 3));
             BOOST_TEST((play.settle("a", 1, LastWord::free) == Entered::known));
         },
         true},
        {"the mark of an older copy does not count, now or later",
         [](Play& play) {
             play.terms.facts = 5;
             a_place_each(play);
             play.kill(1);
             for (int facts : {4, 50}) play.begin("a", 3, unsent_facts(play, facts));
             BOOST_TEST(is_full(play, "b", 3));
             BOOST_TEST((play.ask("a", 1).what == Grant::What::open));
         }},
        {"a request that was about to leave was sent, whatever its mark says",
         [](Play& play) {
             a_place_each(play);
             BOOST_TEST(play.of("a").may_send(Play::key_of(1)));
             play.kill(1);
             play.begin("a", 3, unsent_facts(play, 0));
             BOOST_TEST((play.ask("a", 1).what == Grant::What::open));
         },
         true},
        {"a request that has a task was sent, whatever its mark says",
         [](Play& play) {
             a_place_each(play);
             play.of("a").name(Play::key_of(1), "t");
             play.kill(1);
             play.begin("a", 3, unsent_facts(play, 0));
             BOOST_TEST((play.ask("a", 1).what == Grant::What::open));
         }},
    };
}

std::vector<Row> rows_of_held_requests() {
    return {
        {"what an older copy does not know is named by the next question",
         [](Play& play) {
             play.terms.facts = 1;
             a_place_each(play);
             auto const granted_at = play.clock.wall();
             play.kill(1);
             play.clock.skip(1s);
             play.begin("a", 3);
             BOOST_TEST(is_full(play, "b", 3));
             auto const grant = play.ask("a", 1);
             BOOST_TEST((grant.what == Grant::What::open));
             BOOST_TEST(grant.held.identity == play.terms.identity);
             BOOST_TEST((grant.held.request == play.terms.request));
             BOOST_TEST((grant.held.sent_at == granted_at));
             BOOST_TEST(grant.held.task_id.empty());
             BOOST_TEST((play.settle("a", 1, LastWord::free) == Entered::done));
             BOOST_TEST(play.goes("b", 3));
         }},
        {"the end of an earlier request that an older copy has is not that of a later one",
         [](Play& play) {
             play.begin("a", 1);
             engine::DirectoryFacts older;
             older.open.resize(1);
             older.open[0].step = Play::key_of(1);
             older.open[0].identity = play.terms.identity;
             older.open[0].task_id = "t1";
             older.open[0].sent_at = play.clock.wall();
             BOOST_TEST(play.goes("a", 1));
             play.settle("a", 1, LastWord::free);
             play.clock.skip(1min);
             BOOST_TEST(play.goes("a", 1));
             play.of("a").name(Play::key_of(1), "t2");
             play.kill(1);
             play.begin("a", 3, std::move(older));
             BOOST_TEST((play.settle("a", 1, LastWord::free) == Entered::known));
             auto const grant = play.ask("a", 1);
             BOOST_TEST((grant.what == Grant::What::open));
             BOOST_TEST(grant.held.task_id == "t2");
         }},
        {"a request that only the ledger has is named with its task",
         [](Play& play) {
             two_runs(play);
             for (int step : {1, 2}) BOOST_TEST(play.goes("a", step));
             play.of("a").name(Play::key_of(1), "t1");
             BOOST_TEST((play.adopt("a", 2, "t2") == Entered::done));
             play.settle("a", 2, LastWord::paid, "t2");
             play.kill(1);
             play.begin("a", 3);
             auto const open = play.ask("a", 1);
             BOOST_TEST((open.what == Grant::What::open));
             BOOST_TEST(open.held.task_id == "t1");
             BOOST_TEST((!open.held.by_search && !open.held.is_paid));
             auto const paid = play.ask("a", 2);
             BOOST_TEST((paid.what == Grant::What::paid));
             BOOST_TEST(paid.held.task_id == "t2");
             BOOST_TEST((paid.held.by_search && paid.held.is_paid));
         }},
    };
}

std::vector<Row> rows_of_unseen_requests() {
    return {
        {"a request of an account that the run does not use has no sender",
         [](Play& play) {
             play.terms.facts = 1;
             two_runs(play);
             BOOST_TEST(play.goes("a", 1));
             play.kill(1);
             play.terms.identity += "0";
             play.begin("a", 3);
             auto const grant = play.ask("a", 1);
             BOOST_TEST((grant.what == Grant::What::open));
             BOOST_TEST(grant.held.identity.empty());
         }},
        {"what the journal has as open keeps its place",
         [](Play& play) {
             a_place_each(play);
             play.kill(1);
             engine::DirectoryFacts facts;
             facts.open.resize(1);
             facts.open[0].step = Play::key_of(1);
             facts.open[0].identity = play.terms.identity;
             facts.open[0].sent_at = play.clock.wall();
             play.begin("a", 3, std::move(facts));
             BOOST_TEST(is_full(play, "b", 3));
             BOOST_TEST((play.ask("a", 1).what == Grant::What::open));
             BOOST_TEST((play.settle("a", 1, LastWord::free) == Entered::done));
             BOOST_TEST(play.goes("b", 3));
         }},
        {"an open request that the ledger has never seen has a place while it may run",
         [](Play& play) {
             engine::DirectoryFacts facts;
             facts.open.resize(2);
             for (int i : {0, 1}) {
                 facts.open[static_cast<std::size_t>(i)].step = Play::key_of(i + 1);
                 facts.open[static_cast<std::size_t>(i)].identity = play.terms.identity;
             }
             facts.open[0].sent_at = play.clock.wall() - 20min;
             facts.open[1].sent_at = play.clock.wall() - 10min;
             play.begin("a", 1, std::move(facts));
             play.begin("b", 2);
             BOOST_TEST(play.goes("b", 3));
             BOOST_TEST(is_full(play, "b", 4));
             play.clock.skip(6min);
             BOOST_TEST(play.goes("b", 4));
         }},
    };
}

std::vector<Row> rows_of_rate() {
    return {
        {"two runs share the rate of an account",
         [](Play& play) {
             two_runs(play);
             play.terms.interval = 10s;
             BOOST_TEST(play.goes("a", 1));
             BOOST_TEST(is_early(play, "b", 2, 10s));
             play.clock.skip(9s);
             BOOST_TEST(is_early(play, "b", 2, 1s));
             play.clock.skip(1s);
             BOOST_TEST(play.goes("b", 2));
         }},
        {"a turn that is taken a moment late costs no rate",
         [](Play& play) {
             two_runs(play);
             play.terms.interval = 10s;
             BOOST_TEST(play.goes("a", 1));
             play.clock.skip(10s + 50ms);
             BOOST_TEST(play.goes("b", 2));
             play.terms.places = 3;
             BOOST_TEST(is_early(play, "a", 3, 10s - 50ms));
         }},
        {"turns that nobody took are not made up for",
         [](Play& play) {
             two_runs(play);
             play.terms.interval = 10s;
             BOOST_TEST(play.goes("a", 1));
             play.clock.skip(1h);
             BOOST_TEST(play.goes("b", 2));
             play.terms.places = 3;
             BOOST_TEST(is_early(play, "a", 3, 10s));
         }},
    };
}

std::vector<Row> rows_of_pauses() {
    return {
        {"a pause holds for all runs of the account",
         [](Play& play) {
             two_runs(play);
             play.of("a").slow_down(play.terms.identity, 30s);
             play.of("a").slow_down(play.terms.identity, 5s);
             BOOST_TEST(is_early(play, "b", 1, 30s));
             play.clock.skip(30s);
             BOOST_TEST(play.goes("b", 1));
         }},
        {"a pause is of one account",
         [](Play& play) {
             two_runs(play);
             play.of("a").slow_down(play.terms.identity, 30s);
             play.terms.identity += "0";
             BOOST_TEST(play.goes("b", 1));
         }},
        {"a refused account is refused for all runs that have begun",
         [](Play& play) {
             two_runs(play);
             play.of("a").park(play.terms.identity, refused());
             auto const grant = play.ask("b", 1);
             BOOST_TEST_REQUIRE((grant.what == Grant::What::parked));
             BOOST_TEST((grant.why.verdict == engine::Verdict::empty));
             BOOST_TEST(grant.why.code == "used_up");
             BOOST_TEST(grant.why.message == "no balance");
         }},
        {"a run that begins later tries for itself",
         [](Play& play) {
             two_runs(play);
             play.of("a").park(play.terms.identity, refused());
             play.begin("c", 3);
             BOOST_TEST(play.goes("c", 1));
         }},
        {"all runs share the turns to ask about tasks",
         [](Play& play) {
             two_runs(play);
             BOOST_TEST((play.turn("a", 1s) == Duration()));
             BOOST_TEST((play.turn("b", 1s) == 1s));
             BOOST_TEST((play.turn("a", 1s, 3) == 2s));
             BOOST_TEST((play.turn("b", 1s) == 5s));
             play.clock.skip(1min);
             BOOST_TEST((play.turn("b", 1s) == Duration()));
         }},
    };
}

std::vector<Row> rows_of_repetition() {
    return {
        {"a repeated question gets the same answer and takes one place",
         [](Play& play) {
             two_runs(play);
             BOOST_TEST(play.goes("a", 1));
             --play.nonce;
             BOOST_TEST(play.goes("a", 1));
             BOOST_TEST(play.goes("b", 2));
             BOOST_TEST(is_full(play, "b", 3));
         }},
        {"another question about an open step is refused",
         [](Play& play) {
             two_runs(play);
             BOOST_TEST(play.goes("a", 1));
             BOOST_TEST((play.ask("a", 1).what == Grant::What::open));
         }},
        {"a paid step is never granted again",
         [](Play& play) {
             two_runs(play);
             BOOST_TEST(play.goes("a", 1));
             play.settle("a", 1, LastWord::paid, "t1");
             BOOST_TEST((play.ask("a", 1).what == Grant::What::paid));
             play.settle("a", 1, LastWord::free);
             BOOST_TEST((play.ask("a", 1).what == Grant::What::paid));
         }},
        {"a free step is granted again",
         [](Play& play) {
             two_runs(play);
             BOOST_TEST(play.goes("a", 1));
             play.settle("a", 1, LastWord::free);
             BOOST_TEST(play.goes("a", 1));
             BOOST_TEST((play.settle("a", 1, LastWord::paid, "t1") == Entered::done));
         }},
        {"an equal step of another directory is another step",
         [](Play& play) {
             two_runs(play);
             BOOST_TEST(play.goes("a", 1));
             BOOST_TEST(play.goes("b", 1));
             play.settle("a", 1, LastWord::paid, "t1");
             BOOST_TEST((play.settle("b", 1, LastWord::paid, "t2") == Entered::done));
         }},
        {"what was never granted has no last word",
         [](Play& play) {
             two_runs(play);
             BOOST_TEST((play.settle("a", 9, LastWord::paid, "t9") == Entered::known));
             BOOST_TEST((play.settle("a", 9, LastWord::free) == Entered::known));
             BOOST_TEST((play.adopt("a", 9, "t9") == Entered::known));
         }},
    };
}

} // namespace

std::vector<Row> rows_of_grants() {
    std::vector<Row> all;
    for (auto const& rows :
         {rows_of_places(), rows_of_endings(), rows_of_deaths(), rows_of_older_copies(),
          rows_of_held_requests(), rows_of_unseen_requests(), rows_of_rate(), rows_of_pauses(),
          rows_of_repetition()})
        all.insert(all.end(), rows.begin(), rows.end());
    return all;
}

void play_all(std::string const& kind,
              std::function<std::unique_ptr<Subject>(Clock&)> const& make) {
    std::size_t played = 0;
    for (auto const& rows : {rows_of_grants(), rows_of_claims(), rows_of_money()}) {
        for (auto const& row : rows) {
            BOOST_TEST_CONTEXT(kind << ": " << row.name) {
                Play play(make);
                if (row.is_of_marks && !play.reads_marks()) continue;
                row.play(play);
                ++played;
            }
        }
    }
    BOOST_TEST(played >= 60u);
}

} // namespace darkroom::ledger::test
