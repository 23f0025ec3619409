// What is the store's alone: lost answers, leases, servers that are away, many at once.
#include "runner/postgres/error.hpp"
#include "runner/postgres/ledger_admin.hpp"
#include "tests/postgres/relay.hpp"
#include "tests/postgres/store_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace darkroom::postgres::test {

using namespace std::chrono_literals;
using engine::Entered;
using engine::Grant;
using engine::LastWord;

BOOST_FIXTURE_TEST_SUITE(postgres_ledger, StoreFixture)

BOOST_AUTO_TEST_CASE(a_database_without_a_ledger_says_how_to_make_it) {
    make(url, "DROP SCHEMA darkroom CASCADE");
    auto const empty = ledger(options());
    auto const begun = run(empty->begin());
    BOOST_TEST_REQUIRE(begun.has_error());
    BOOST_TEST((begun.error().code == make_error_code(Errc::no_schema)));
    BOOST_TEST(begun.error().message().find("darkroom ledger init") != std::string::npos);
    BOOST_TEST((empty->after_failure() == engine::AfterFailure::ends));
}

BOOST_AUTO_TEST_CASE(a_ledger_of_a_newer_program_is_left_alone) {
    make(url, "UPDATE darkroom.meta SET text = '3' WHERE name = 'version'");
    LineOptions line;
    line.url = url;
    auto const made = run(make_schema(context.get_executor(), clock, line));
    BOOST_TEST_REQUIRE(made.has_error());
    BOOST_TEST((made.error().code == make_error_code(Errc::other_version)));
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there_is_waited_for_until_the_patience_ends) {
    auto away = options();
    away.line.url = "postgresql://darkroom@/postgres?host=/nowhere";
    away.line.patience = 200ms;
    auto const made = ledger(std::move(away));
    std::string said;
    made->warn_by([&said](std::string const& why) { said += why; });
    auto const begun = run(made->begin());
    BOOST_TEST_REQUIRE(begun.has_error());
    BOOST_TEST((begun.error().code == make_error_code(Errc::unreachable)));
    BOOST_TEST(said.find("/nowhere") != std::string::npos, said);
    BOOST_TEST((made->after_failure() == engine::AfterFailure::ends_for_now));
    BOOST_TEST((ask(*made, 1, 1) == Grant::What::unavailable));
}

BOOST_AUTO_TEST_CASE(a_lost_answer_is_asked_for_again_and_is_the_same) {
    std::string const folder = url.substr(url.find("host=") + 5);
    Relay relay(context, folder);
    auto through = options();
    through.line.url.replace(through.line.url.find("host=") + 5, std::string::npos,
                             relay.url().substr(relay.url().find("host=") + 5));
    relay.lose_answer_to("take_shard");
    auto const made = begun(std::move(through));
    relay.lose_answer_to("ask_grant");
    BOOST_TEST((ask(*made, 1, 1) == Grant::What::go));
    BOOST_TEST(number("SELECT open FROM darkroom.accounts") == "1");
    relay.lose_answer_to("name_task");
    BOOST_TEST((run(made->adopt(step_of(1), "t")) == Entered::done));
    relay.lose_answer_to("settle");
    BOOST_TEST((run(made->settle(step_of(1), LastWord::free, "")) == Entered::done));
    BOOST_TEST(relay.lost() == 4);
    BOOST_TEST(number("SELECT open FROM darkroom.accounts") == "0");
    BOOST_TEST(number("SELECT sum(cost) FROM darkroom.spent") == "0");
    BOOST_TEST(number("SELECT count(*) FROM darkroom.holders") == "1");
    context.stop();
}

/// Its connection broke, it was asked again on another one, and the server reads it at last.
BOOST_AUTO_TEST_CASE(a_word_about_an_earlier_request_that_comes_late_changes_nothing) {
    auto const made = begun(options());
    BOOST_TEST((ask(*made, 1, 1) == Grant::What::go));
    BOOST_TEST((run(made->settle(step_of(1), LastWord::free, "")) == Entered::done));
    BOOST_TEST((ask(*made, 1, 2) == Grant::What::go));
    auto const late = [this](std::string const& call, std::string const& rest) {
        return number(fmt::format("SELECT darkroom.{}((SELECT max(id) FROM darkroom.runs), "
                                  "(SELECT max(id) FROM darkroom.holders), "
                                  "(SELECT step FROM darkroom.steps), {})",
                                  call, rest));
    };
    BOOST_TEST(late("settle", "3::smallint, '', 6, 0") == "known");
    BOOST_TEST(late("settle", "3::smallint, '', 7, 1") == "known");
    BOOST_TEST(late("note_paid", "'t', 8, 1") == "known");
    BOOST_TEST(late("name_task", "'t', false, 1") == "known");
    late("lose", "1");
    auto const row = "SELECT concat_ws(' ', state, place, lost, task) FROM darkroom.steps";
    BOOST_TEST(number(row) == "1 t f ");
    BOOST_TEST(late("settle", "3::smallint, '', 9, 2") == "done");
}

BOOST_AUTO_TEST_CASE(a_server_that_crashes_keeps_what_it_has_said) {
    auto const made = begun(options());
    BOOST_TEST((ask(*made, 1, 1) == Grant::What::go));
    shared_cluster().crash();
    shared_cluster().start();
    BOOST_TEST((ask(*made, 1, 1) == Grant::What::go));
    BOOST_TEST((ask(*made, 2, 2) == Grant::What::full));
    BOOST_TEST((run(made->settle(step_of(1), LastWord::paid, "t")) == Entered::done));
    BOOST_TEST((ask(*made, 2, 3) == Grant::What::go));
}

/// Stops the one who asks after each number of handlers.
BOOST_AUTO_TEST_CASE(what_is_granted_to_somebody_who_is_gone_is_given_back) {
    auto const made = begun(options());
    std::optional<Grant> answer;
    for (int handlers = 0; !answer; ++handlers) {
        boost::asio::cancellation_signal stop;
        auto on_end = [&answer](std::exception_ptr cancelled, Grant grant) {
            if (!cancelled) answer = std::move(grant);
        };
        context.restart();
        auto const nonce = static_cast<std::uint64_t>(handlers) + 1;
        boost::asio::co_spawn(context, made->grant(request(1, nonce)),
                              boost::asio::bind_cancellation_slot(stop.slot(), on_end));
        for (int i = 0; i < handlers; ++i) context.run_one();
        stop.emit(boost::asio::cancellation_type::terminal);
        // What is noted in the first of them is made before the second.
        for (int i = 0; i < 2; ++i) run(made->look_turn("nobody", Duration(), 1));
        BOOST_TEST(number("SELECT count(*) FROM darkroom.steps WHERE state = 1") ==
                   (answer ? "1" : "0"));
        BOOST_TEST_REQUIRE(handlers < 1000);
    }
    BOOST_TEST((answer->what == Grant::What::go));
}

BOOST_AUTO_TEST_CASE(a_shard_has_one_holder) {
    auto const first = begun(options());
    BOOST_TEST((ask(*first, 1, 1) == Grant::What::go));
    auto at_work = options();
    at_work.presence = [](HolderName const& other) {
        return other.pid == 77 && other.host == "host1" ? Presence::at_work : Presence::not_seen;
    };
    auto const second = ledger(std::move(at_work));
    auto const refused = run(second->begin());
    BOOST_TEST_REQUIRE(refused.has_error());
    BOOST_TEST((refused.error().code == make_error_code(Errc::taken_over)));
    BOOST_TEST(refused.error().message().find("process 77 on host1") != std::string::npos);
    auto gone = options();
    gone.presence = [](HolderName const&) { return Presence::gone; };
    auto const third = begun(std::move(gone));
    BOOST_TEST((run(first->settle(step_of(1), LastWord::free, "")) == Entered::unavailable));
    BOOST_TEST((first->after_failure() == engine::AfterFailure::is_replaced));
    BOOST_TEST((ask(*first, 2, 2) == Grant::What::unavailable));
    BOOST_TEST((ask(*third, 1, 1) == Grant::What::open));
    run(third->end(clock.now() + 10s));
    BOOST_TEST(begun(options())->grants() == 1);
}

// The next one may have lost its disk, and follows the step by it
BOOST_AUTO_TEST_CASE(what_a_journal_has_as_finished_keeps_its_task) {
    auto const first = begun(options());
    BOOST_TEST((ask(*first, 1, 1) == Grant::What::go));
    auto gone = options();
    gone.presence = [](HolderName const&) { return Presence::gone; };
    auto const second = begun(std::move(gone));
    engine::DirectoryFacts facts;
    facts.fate_of = [](Digest const&, WallTime, std::uint64_t) { return engine::Fate::paid; };
    facts.task_of = [](Digest const& step) { return step == step_of(1) ? "task 1" : ""; };
    BOOST_TEST(run(second->enter(std::move(facts))).has_value());
    auto const known = run(second->grant(request(1, 2)));
    BOOST_TEST((known.what == Grant::What::paid));
    BOOST_TEST(known.held.task_id == "task 1");
}

namespace {

/// Directories of one shard, whose runs number their requests alike.
struct TwoDirectories : StoreFixture {
    std::unique_ptr<PostgresLedger> in(std::string directory) {
        auto one = options();
        one.directory = std::move(directory);
        one.presence = [](HolderName const&) { return Presence::gone; };
        return begun(std::move(one));
    }
    /// The first directory sends a step, and the second sends it again, as its second request.
    TwoDirectories() {
        first = in("first");
        BOOST_TEST((ask(*first, 1, 7) == Grant::What::go));
        second = in("second");
        BOOST_TEST((ask(*second, 1, 7) == Grant::What::open));
        BOOST_TEST((run(second->settle(step_of(1), LastWord::free, "")) == Entered::done));
        BOOST_TEST((ask(*second, 1, 7) == Grant::What::go));
        third = in("first");
    }
    engine::DirectoryFacts facts_with(std::string task) {
        engine::OpenStep open;
        open.step = step_of(1);
        open.identity = request(1, 7).identity;
        open.price = 10;
        open.nonce = 7;
        open.task_id = std::move(task);
        open.sent_at = clock.wall();
        engine::DirectoryFacts facts;
        facts.open = {open};
        facts.fate_of = [](Digest const&, WallTime, std::uint64_t) {
            return engine::Fate::not_known;
        };
        return facts;
    }
    std::unique_ptr<PostgresLedger> first, second, third;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_number_that_two_directories_have_given_is_no_ones_request,
                        TwoDirectories) {
    for (std::string const time : {"wall_ms - 3600000", "wall_ms", "wall_ms + 3600000"}) {
        make(url, "UPDATE darkroom.steps SET wall_ms = " + time); // that of the other host
        run(third->enter(facts_with("")));
        // The journal's own request was never sent: that says nothing of the other one.
        BOOST_TEST((run(third->settle(step_of(1), LastWord::free, "")) == Entered::known));
        BOOST_TEST((ask(*third, 1, 7) == Grant::What::open), time);
        BOOST_TEST(number("SELECT state FROM darkroom.steps") == "1");
        third = in("first");
    }
}

BOOST_FIXTURE_TEST_CASE(a_request_that_was_taken_over_is_the_directorys_whatever_the_clocks_say,
                        TwoDirectories) {
    BOOST_TEST((ask(*third, 1, 9) == Grant::What::open)); // shown, and taken over
    auto facts = facts_with("t");
    facts.open.front().nonce = 0;
    make(url, "UPDATE darkroom.steps SET task = 't', wall_ms = wall_ms + 5000");
    make(url, "INSERT INTO darkroom.tasks SELECT account, 't', run, step, now() FROM "
              "darkroom.steps");
    third = in("first");
    run(third->enter(std::move(facts)));
    BOOST_TEST((run(third->settle(step_of(1), LastWord::paid, "t")) == Entered::done));
    BOOST_TEST(number("SELECT concat_ws(' ', state, task) FROM darkroom.steps") == "2 t");
    BOOST_TEST(number("SELECT open FROM darkroom.accounts") == "0");
}

BOOST_FIXTURE_TEST_CASE(a_person_may_say_that_a_request_that_was_taken_over_was_not_taken,
                        TwoDirectories) {
    BOOST_TEST((ask(*third, 1, 9) == Grant::What::open));
    auto facts = facts_with("");
    facts.open.clear();
    facts.fate_of_taken = [](Digest const&) { return engine::Fate::free; };
    auto const other = in("second"); // it was not shown to this one
    run(other->enter(facts));
    BOOST_TEST(number("SELECT state FROM darkroom.steps") == "1");
    auto const fourth = in("first");
    run(fourth->enter(facts));
    BOOST_TEST(number("SELECT state FROM darkroom.steps") == "3");
}

// The answer came to a process that had lost its shard, and meanwhile another one searched.
BOOST_FIXTURE_TEST_CASE(a_task_besides_the_one_that_a_search_has_found_is_left_to_others,
                        TwoDirectories) {
    second = in("second");
    BOOST_TEST((ask(*second, 1, 8) == Grant::What::open));
    BOOST_TEST((run(second->adopt(step_of(1), "found")) == Entered::done));
    third = in("first");
    engine::KnownTask own;
    own.task_id = "own";
    own.step = step_of(1);
    own.identity = request(1, 7).identity;
    auto facts = facts_with("");
    facts.open.clear();
    facts.identities = {own.identity};
    facts.recent = {own};
    BOOST_TEST(run(third->enter(std::move(facts))).has_value());
    auto const other = begun(options("b"));
    auto const seen = run(other->others(own.identity, {"found", "own"}));
    BOOST_TEST((seen.tasks == std::vector<std::string>{"found"}));
}

BOOST_AUTO_TEST_CASE(a_lease_that_is_renewed_is_held_and_one_that_is_not_is_taken) {
    auto quick = options();
    quick.lease = 1500ms;
    quick.renewal = 100ms;
    auto const first = begun(quick);
    boost::asio::cancellation_signal stop;
    boost::asio::co_spawn(
        context, first->keep_lease(),
        boost::asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
    auto const refused = run(ledger(quick)->begin());
    BOOST_TEST_REQUIRE(refused.has_error());
    BOOST_TEST((refused.error().code == make_error_code(Errc::taken_over)));
    stop.emit(boost::asio::cancellation_type::terminal);
    auto const second = begun(quick); // it has waited
    BOOST_TEST((ask(*first, 1, 1) == Grant::What::unavailable));
    BOOST_TEST((ask(*second, 1, 1) == Grant::What::go));
}

BOOST_AUTO_TEST_CASE(a_lease_that_has_expired_is_renewed_where_nobody_has_the_shard) {
    auto const made = begun(options());
    make(url, "UPDATE darkroom.holders SET expires = '-infinity'");
    BOOST_TEST((ask(*made, 1, 1) == Grant::What::go));
    BOOST_TEST(number("SELECT expires > clock_timestamp() FROM darkroom.holders") == "t");
}

BOOST_AUTO_TEST_CASE(a_ledger_that_has_forgotten_grants_ends_the_run) {
    auto const made = begun(options());
    BOOST_TEST((ask(*made, 1, 1) == Grant::What::go));
    run(made->settle(step_of(1), LastWord::free, ""));
    BOOST_TEST((ask(*made, 1, 2) == Grant::What::go));
    run(made->settle(step_of(1), LastWord::free, ""));
    make(url, "UPDATE darkroom.runs SET grants = 0");
    BOOST_TEST((ask(*made, 1, 3) == Grant::What::unavailable));
    BOOST_TEST((made->failure().code == make_error_code(Errc::went_back)));
    BOOST_TEST((made->after_failure() == engine::AfterFailure::ends));
}

BOOST_AUTO_TEST_CASE(what_was_granted_may_leave_for_some_seconds_of_any_clock) {
    auto now = std::make_shared<BootTime>();
    auto guarded = options();
    guarded.line.boot_time = [now] { return *now; };
    auto const made = begun(std::move(guarded));
    auto const pass = [now](Duration boot, Duration calendar) {
        now->since_boot += boot;
        now->calendar += calendar;
    };
    std::uint64_t nonce = 0;
    auto const may_send_after = [&](Duration boot, Duration calendar) {
        BOOST_TEST((ask(*made, 1, ++nonce) == Grant::What::go));
        BOOST_TEST(made->may_send(step_of(1)));
        pass(boot, calendar);
        bool const may = made->may_send(step_of(1));
        BOOST_TEST((run(made->settle(step_of(1), LastWord::free, "")) == Entered::done));
        return may;
    };
    BOOST_TEST(!made->may_send(step_of(1)));
    BOOST_TEST(may_send_after(9s, 9s));
    BOOST_TEST(!may_send_after(10s, 10s)); // it was asleep
    BOOST_TEST(!may_send_after(1s, 16s));  // it was paused from outside
    BOOST_TEST(may_send_after(1s, 4s));
    BOOST_TEST(!made->may_send(step_of(1)));
    pass(5s, 5s);
    BOOST_TEST((ask(*made, 1, ++nonce) == Grant::What::go));
    BOOST_TEST(made->may_send(step_of(1))); // 44 s after the lease was asked for
    pass(1s, 1s);
    BOOST_TEST(!made->may_send(step_of(1)));
}

BOOST_AUTO_TEST_CASE(a_campaign_keeps_its_number_of_shards) {
    auto two = options();
    two.shards = 2;
    auto const first = begun(two);
    auto const other = run(ledger(options())->begin());
    BOOST_TEST_REQUIRE(other.has_error());
    BOOST_TEST((other.error().code == make_error_code(Errc::other_shards)));
    two.shard = 2;
    auto const second = begun(two);
    BOOST_TEST((ask(*first, 1, 1) == Grant::What::go));
    BOOST_TEST((ask(*second, 2, 1) == Grant::What::full));
}

namespace {

/// Sends and settles steps until all are paid.
engine::awaitable<void> work(PostgresLedger& ledger, Clock& clock, int first, int& open,
                             int& most) {
    for (int step = first; step < first + 20; ++step) {
        for (std::uint64_t nonce = 1;; ++nonce) {
            auto request = StoreFixture::request(step, nonce);
            request.places = 3;
            auto const grant = co_await ledger.grant(std::move(request));
            BOOST_TEST_REQUIRE((grant.what != Grant::What::unavailable), grant.why.message);
            if (grant.what == Grant::What::go) break;
            co_await clock.sleep_for(1ms);
        }
        most = std::max(most, ++open);
        ledger.name(step_of(step), fmt::format("t{}", step));
        co_await clock.sleep_for(1ms);
        --open;
        auto const settled = co_await ledger.settle(step_of(step), LastWord::paid, "");
        BOOST_TEST((settled == Entered::done));
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(many_at_once_never_have_more_places_than_there_are) {
    std::vector<std::unique_ptr<PostgresLedger>> ledgers;
    for (int i = 0; i < 6; ++i) ledgers.push_back(begun(options(fmt::format("c{}", i))));
    int open = 0;
    int most = 0;
    std::exception_ptr defect;
    context.restart();
    for (int i = 0; i < 6; ++i) {
        auto& ledger = *ledgers[static_cast<std::size_t>(i)];
        boost::asio::co_spawn(context, work(ledger, clock, i * 20, open, most),
                              [&defect](std::exception_ptr why) {
                                  if (why) defect = why;
                              });
    }
    context.run();
    if (defect) std::rethrow_exception(defect);
    BOOST_TEST(most == 3);
    BOOST_TEST(number("SELECT count(*) FROM darkroom.steps WHERE state = 2") == "120");
    BOOST_TEST(number("SELECT open FROM darkroom.accounts") == "0");
    BOOST_TEST(number("SELECT sum(cost) FROM darkroom.spent") == "1200");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::postgres::test
