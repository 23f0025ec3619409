// The rows about tasks: whose one is, and what is known of other runs.
#include "tests/ledger/contract.hpp"

#include <boost/test/unit_test.hpp>

#include <utility>

namespace darkroom::ledger::test {

using namespace std::chrono_literals;
using State = engine::OtherRequest::State;

namespace {

void two_requests(Play& play) {
    play.begin("a", 1);
    play.begin("b", 2);
    BOOST_TEST(play.goes("a", 1));
    BOOST_TEST(play.goes("b", 2));
}

/// Returns the states of what a run sees of others.
std::vector<State> seen_by(Play& play, std::string const& run) {
    std::vector<State> states;
    for (auto const& other : play.others(run).requests) states.push_back(other.state);
    return states;
}

engine::KnownTask task_of(Play const& play, std::string id, int step) {
    engine::KnownTask task;
    task.task_id = std::move(id);
    task.step = Play::key_of(step);
    task.identity = play.terms.identity;
    return task;
}

engine::DirectoryFacts one_open(Play const& play, int step) {
    engine::DirectoryFacts facts;
    facts.open.resize(1);
    facts.open[0].step = Play::key_of(step);
    facts.open[0].identity = play.terms.identity;
    facts.open[0].sent_at = play.clock.wall();
    return facts;
}

std::vector<Row> rows_of_names() {
    return {
        {"a task is adopted by one step only",
         [](Play& play) {
             two_requests(play);
             BOOST_TEST((play.adopt("a", 1, "t") == Entered::done));
             BOOST_TEST((play.adopt("b", 2, "t") == Entered::taken));
             BOOST_TEST((play.adopt("b", 2, "u") == Entered::done));
         }},
        {"a step may adopt its own task again",
         [](Play& play) {
             two_requests(play);
             BOOST_TEST((play.adopt("a", 1, "t") == Entered::done));
             BOOST_TEST((play.adopt("a", 1, "t") == Entered::done));
         }},
        {"a task that an answer has named is adopted by nobody else",
         [](Play& play) {
             two_requests(play);
             play.of("a").name(Play::key_of(1), "t");
             BOOST_TEST((play.adopt("b", 2, "t") == Entered::taken));
             BOOST_TEST((play.adopt("a", 1, "t") == Entered::done));
         }},
        {"a step that is settled may have its own task, and no other's",
         [](Play& play) {
             two_requests(play);
             BOOST_TEST((play.settle("a", 1, LastWord::paid, "") == Entered::done));
             BOOST_TEST((play.adopt("b", 2, "t") == Entered::done));
             BOOST_TEST((play.adopt("a", 1, "t") == Entered::taken));
             BOOST_TEST((play.adopt("a", 1, "u") == Entered::known));
             BOOST_TEST((play.adopt("b", 2, "u") == Entered::taken));
         }},
        {"a charge counts, also where another directory has the task",
         [](Play& play) {
             two_requests(play);
             BOOST_TEST((play.adopt("a", 1, "t") == Entered::done));
             BOOST_TEST((play.settle("b", 2, LastWord::paid, "t") == Entered::taken));
             BOOST_TEST((play.settle("b", 2, LastWord::paid, "") == Entered::done));
             BOOST_TEST((play.settle("b", 2, LastWord::paid, "t") == Entered::known));
         }},
        {"two steps of one directory do not share a task",
         [](Play& play) {
             two_requests(play);
             play.terms.places = 3;
             BOOST_TEST(play.goes("a", 3));
             BOOST_TEST((play.adopt("a", 1, "t") == Entered::done));
             BOOST_TEST((play.adopt("a", 3, "t") == Entered::taken));
         }},
    };
}

std::vector<Row> rows_of_answers() {
    return {
        {"a task that was set aside stays the step's",
         [](Play& play) {
             two_requests(play);
             BOOST_TEST((play.adopt("a", 1, "t") == Entered::done));
             BOOST_TEST((play.adopt("a", 1, "u") == Entered::done));
             BOOST_TEST((play.adopt("b", 2, "t") == Entered::taken));
         }},
        {"a step whose task was set aside is without one, and nobody gets the task",
         [](Play& play) {
             two_requests(play);
             play.of("a").lose(Play::key_of(1));
             BOOST_TEST((play.adopt("a", 1, "t") == Entered::done));
             play.of("a").set_aside(Play::key_of(1));
             BOOST_TEST((seen_by(play, "b") == std::vector{State::lost}));
             BOOST_TEST((play.adopt("b", 2, "t") == Entered::taken));
             BOOST_TEST(play.begin("a", 3, one_open(play, 1)).empty());
         }},
        {"a task that the journal has set aside does not come back",
         [](Play& play) {
             two_requests(play);
             BOOST_TEST((play.adopt("a", 1, "t") == Entered::done));
             auto facts = one_open(play, 1);
             facts.knows_task = [](std::string const& task) { return task == "t"; };
             BOOST_TEST(play.begin("a", 3, std::move(facts)).empty());
             BOOST_TEST(play.begin("a", 4, one_open(play, 1)).empty());
         }},
        {"an answer whose task another step has pays for nothing",
         [](Play& play) {
             two_requests(play);
             BOOST_TEST((play.adopt("a", 1, "t") == Entered::done));
             BOOST_TEST((play.settle("b", 2, LastWord::paid, "t") == Entered::taken));
             BOOST_TEST((play.settle("b", 2, LastWord::paid, "u") == Entered::done));
             BOOST_TEST((play.settle("a", 1, LastWord::paid, "t") == Entered::done));
         }},
        {"a paid task is adopted by nobody",
         [](Play& play) {
             two_requests(play);
             BOOST_TEST((play.settle("a", 1, LastWord::paid, "t") == Entered::done));
             BOOST_TEST((play.adopt("b", 2, "t") == Entered::taken));
         }},
        {"tasks of two accounts may have one id",
         [](Play& play) {
             two_requests(play);
             play.terms.identity += "0";
             BOOST_TEST(play.goes("b", 3));
             BOOST_TEST((play.adopt("a", 1, "t") == Entered::done));
             BOOST_TEST((play.adopt("b", 3, "t") == Entered::done));
         }},
    };
}

std::vector<Row> rows_of_known_tasks() {
    return {
        {"the tasks that a directory knows are its own",
         [](Play& play) {
             engine::DirectoryFacts facts;
             facts.recent = {task_of(play, "new", 8), task_of(play, "old", 9)};
             play.begin("a", 1, std::move(facts));
             play.begin("b", 2);
             BOOST_TEST(play.goes("b", 2));
             BOOST_TEST((play.adopt("b", 2, "old") == Entered::taken));
             BOOST_TEST((play.others("b", {"x", "old", "new"}).tasks ==
                         std::vector<std::string>{"old", "new"}));
         }},
        {"what was named while the ledger was off is entered later",
         [](Play& play) {
             engine::DirectoryFacts before;
             before.recent = {task_of(play, "old", 9)};
             play.begin("a", 1, std::move(before));
             engine::DirectoryFacts now;
             now.recent = {task_of(play, "new", 8), task_of(play, "old", 9)};
             play.begin("a", 2, std::move(now));
             play.begin("b", 3);
             BOOST_TEST(play.others("b", {"new"}).tasks.size() == 1u);
         }},
        {"a task that only the ledger knows comes back",
         [](Play& play) {
             two_requests(play);
             BOOST_TEST((play.adopt("a", 1, "t") == Entered::done));
             play.kill(1);
             auto const named = play.begin("a", 3, one_open(play, 1));
             BOOST_TEST_REQUIRE(named.size() == 1u);
             BOOST_TEST((named[0].step == Play::key_of(1)));
             BOOST_TEST(named[0].task_id == "t");
         }},
        {"a task that only the journal knows is entered",
         [](Play& play) {
             engine::DirectoryFacts facts;
             facts.open.resize(1);
             facts.open[0].step = Play::key_of(1);
             facts.open[0].identity = play.terms.identity;
             facts.open[0].task_id = "t";
             BOOST_TEST(play.begin("a", 1, std::move(facts)).empty());
             play.begin("b", 2);
             BOOST_TEST(play.goes("b", 2));
             BOOST_TEST((play.adopt("b", 2, "t") == Entered::taken));
         }},
    };
}

std::vector<Row> rows_of_others() {
    return {
        {"a request without an id is in flight for others, not for its own directory",
         [](Play& play) {
             two_requests(play);
             auto const seen = play.others("b").requests;
             BOOST_TEST_REQUIRE(seen.size() == 1u);
             BOOST_TEST((seen[0].state == State::in_flight));
             BOOST_TEST((seen[0].step == Play::key_of(1)));
             BOOST_TEST((seen[0].request == play.terms.request));
             BOOST_TEST((seen[0].sent_at == play.clock.wall()));
             BOOST_TEST(seen_by(play, "a").size() == 1u);
         }},
        {"a request that has its id, or its last word, is not in flight",
         [](Play& play) {
             two_requests(play);
             play.of("a").name(Play::key_of(1), "t");
             BOOST_TEST(seen_by(play, "b").empty());
             play.settle("b", 2, LastWord::free);
             BOOST_TEST(seen_by(play, "a").empty());
         }},
        {"a lost request is lost",
         [](Play& play) {
             two_requests(play);
             play.of("a").lose(Play::key_of(1));
             BOOST_TEST((seen_by(play, "b") == std::vector{State::lost}));
         }},
        {"the requests of a process that died are lost",
         [](Play& play) {
             two_requests(play);
             play.kill(1);
             BOOST_TEST((seen_by(play, "b") == std::vector{State::lost}));
         }},
        {"no request flies for ever",
         [](Play& play) {
             two_requests(play);
             play.clock.skip(total + 2min);
             BOOST_TEST((seen_by(play, "b") == std::vector{State::lost}));
         }},
        {"a request that has found a task says so",
         [](Play& play) {
             two_requests(play);
             play.of("a").lose(Play::key_of(1));
             play.clock.skip(1min);
             play.adopt("a", 1, "t");
             auto const seen = play.others("b", {"t"});
             BOOST_TEST((seen.tasks == std::vector<std::string>{"t"}));
             BOOST_TEST_REQUIRE(seen.requests.size() == 1u);
             BOOST_TEST((seen.requests[0].state == State::found));
             BOOST_TEST((seen.requests[0].named_at == play.clock.wall()));
             play.settle("a", 1, LastWord::paid, "t");
             BOOST_TEST((seen_by(play, "b") == std::vector{State::found}));
         }},
        {"another account's requests are not seen",
         [](Play& play) {
             two_requests(play);
             play.terms.identity += "0";
             BOOST_TEST(seen_by(play, "b").empty());
         }},
        {"an own task is not another's",
         [](Play& play) {
             two_requests(play);
             play.adopt("a", 1, "t");
             auto const seen = play.others("a", {"t"});
             BOOST_TEST(seen.is_known);
             BOOST_TEST(seen.tasks.empty());
         }},
    };
}

} // namespace

std::vector<Row> rows_of_claims() {
    std::vector<Row> all;
    for (auto const& rows :
         {rows_of_names(), rows_of_answers(), rows_of_known_tasks(), rows_of_others()})
        all.insert(all.end(), rows.begin(), rows.end());
    return all;
}

} // namespace darkroom::ledger::test
