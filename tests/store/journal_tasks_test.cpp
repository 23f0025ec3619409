// The tasks that a journal knows: which step has one, and which were named last.
#include "runner/store/journal.hpp"
#include "runner/store/journal_merge.hpp"

#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;
using engine::Verdict;

namespace {

engine::Event sent(int step, std::uint64_t attempt, std::string identity = "service-a") {
    auto event = submitted(step);
    auto& fact = std::get<engine::Submitted>(event.fact);
    fact.attempt = attempt;
    fact.boot = "boot-a";
    fact.sent_after = attempt - 1;
    fact.identity = std::move(identity);
    return event;
}

engine::Event named(int step, std::string task_id, std::uint64_t order = 0) {
    engine::Accepted fact;
    fact.task_id = std::move(task_id);
    fact.order = order;
    return event_of(step, std::move(fact));
}

engine::Event failed_as(int step, std::string task_id) {
    auto event = failed(step, Verdict::generation, false);
    std::get<engine::Failed>(event.fact).problem.task_id = std::move(task_id);
    return event;
}

engine::Event set_aside(int step, std::string task_id) {
    return event_of(step, engine::SetAside{std::move(task_id), "its record failed"});
}

struct TasksFixture : LoopFixture {
    TasksFixture() { reopen(); }

    void reopen() {
        journal.reset();
        journal = must(SqliteJournal::open(executor(), path));
    }

    /// Appends facts without a commit.
    void note(std::vector<engine::Event> events) {
        for (auto& event : events) journal->note(std::move(event));
    }

    /// Waits until all facts are durable, with one that changes nothing.
    void commit() { must(run(journal->append(event_of(99, engine::Requeued{})))); }

    /// Makes the table of tasks as version 0.1 has it.
    void make_older() {
        journal.reset();
        auto database = must(Database::open(path, Database::Mode::create));
        must(database.execute("DROP INDEX tasks_by_seq; ALTER TABLE tasks DROP COLUMN seq; "
                              "DROP TABLE shared_tasks; DROP INDEX steps_charged_again; "
                              "ALTER TABLE steps DROP COLUMN charges_again; "
                              "ALTER TABLE steps DROP COLUMN cost_again"));
    }

    /// "c b a": the newest first.
    std::string recent(std::size_t most = 100) {
        std::string ids;
        for (auto const& task : journal->recent_tasks(most))
            ids += (ids.empty() ? "" : " ") + task.task_id;
        return ids;
    }

    /// Checks the same before the commit, after it, and after reopening.
    template <class Check>
    void always(Check check) {
        check("not committed");
        commit();
        check("committed");
        reopen();
        check("reopened");
    }

    TempDirectory directory;
    std::string path = directory / "journal.db";
    std::unique_ptr<SqliteJournal> journal;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(journal_tasks, TasksFixture)

BOOST_AUTO_TEST_CASE(the_newest_tasks_come_first_and_at_most_as_many_as_asked_for) {
    note({sent(1, 11), sent(2, 12), sent(3, 13), named(2, "b"), named(1, "a"), named(3, "c"),
          failed_as(3, "c"), sent(3, 14), named(3, "d")});
    always([this](char const* when) {
        BOOST_TEST(recent() == "d c a b", when);
        BOOST_TEST(recent(2) == "d c", when);
        BOOST_TEST(recent(0).empty(), when);
    });
}

BOOST_AUTO_TEST_CASE(tasks_that_wait_for_a_commit_come_before_the_committed_ones) {
    note({sent(1, 11), named(1, "a"), sent(2, 12), named(2, "b")});
    commit();
    note({finished(1), sent(3, 13), named(3, "c"), named(4, "of no attempt")});
    // step 1 answers with another id than the one that was accepted
    always([this](char const* when) { BOOST_TEST(recent() == "c task-1 b a", when); });
}

// Such a request has no number here. Else the next run would take its task for anybody's.
BOOST_AUTO_TEST_CASE(the_task_of_a_request_that_was_taken_over_from_another_machine_is_known) {
    note({sent(1, 0, "service-a"), named(1, "a"), sent(2, 0, ""), named(2, "of version 0.1")});
    always([this](char const* when) { BOOST_TEST(recent() == "a", when); });
}

BOOST_AUTO_TEST_CASE(a_task_has_the_attempt_that_was_taken_as_it) {
    note({sent(1, 11, "service-a"), named(1, "a", 101), failed_as(1, "a"), sent(1, 12, "service-b"),
          named(1, "b", 102)});
    always([this](char const* when) {
        auto const tasks = journal->recent_tasks(10);
        BOOST_TEST_REQUIRE(tasks.size() == 2u, when);
        BOOST_TEST(tasks[0].identity == "service-b", when);
        BOOST_TEST(tasks[0].order == 102u, when);
        BOOST_TEST(tasks[1].identity == "service-a", when);
        BOOST_TEST(tasks[1].order == 101u, when);
        for (auto const& task : tasks) {
            BOOST_TEST((task.step == step_number(1)));
            BOOST_TEST(task.account == "main");
            BOOST_TEST(task.endpoint == "/midjourney/imagine");
            BOOST_TEST(task.request == info_number(1).request);
            BOOST_TEST((task.sent_at == submitted(1).at));
            BOOST_TEST((task.named_at == submitted(1).at));
        }
    });
}

BOOST_AUTO_TEST_CASE(attempts_of_0_1_and_words_of_people_are_known_but_not_recent) {
    engine::Accepted by_person{"p"};
    by_person.by_person = true;
    note({submitted(1), named(1, "old"), sent(2, 12), event_of(2, by_person), finished(1)});
    always([this](char const* when) {
        BOOST_TEST(recent().empty(), when);
        for (auto const* id : {"old", "task-1", "p"}) {
            BOOST_TEST(journal->knows_task(id), id << " " << when);
            BOOST_TEST(journal->step_of(id).has_value(), id << " " << when);
        }
    });
}

BOOST_AUTO_TEST_CASE(a_task_that_is_set_aside_is_no_witness_but_stays_known) {
    note({sent(1, 11), named(1, "a"), sent(2, 12), named(2, "b")});
    commit();
    note({set_aside(1, "a"), set_aside(1, "never ours"), sent(3, 13), named(3, "c"),
          set_aside(3, "c")});
    always([this](char const* when) {
        BOOST_TEST(recent() == "b", when);
        for (auto const* id : {"a", "c", "never ours"})
            BOOST_TEST(journal->knows_task(id), id << " " << when);
        BOOST_TEST((journal->step_of("never ours") == step_number(1)), when);
        BOOST_TEST(journal->find(step_number(1))->task_id.empty(), when);
    });
}

BOOST_AUTO_TEST_CASE(the_step_that_has_a_task_goes_before_those_that_only_named_it) {
    note({sent(1, 11), named(1, "a"), set_aside(1, "a"), sent(2, 12), set_aside(2, "b")});
    commit();
    note({sent(3, 13), named(3, "a", 103), sent(4, 14), named(4, "b", 104)});
    always([this](char const* when) {
        BOOST_TEST((journal->step_of("a") == step_number(3)), when);
        BOOST_TEST((journal->step_of("b") == step_number(4)), when);
        BOOST_TEST(!journal->step_of("c").has_value(), when);
        auto const tasks = journal->recent_tasks(10);
        BOOST_TEST_REQUIRE(tasks.size() == 2u, when);
        BOOST_TEST((tasks[0].step == step_number(4)), when);
        BOOST_TEST((tasks[1].step == step_number(3)), when);
        BOOST_TEST(tasks[1].order == 103u, when);
    });
}

BOOST_AUTO_TEST_CASE(an_older_journal_is_read_as_it_is_and_continues) {
    note({submitted(1), named(1, "old")});
    commit();
    make_older();
    auto reader = must(JournalReader::open(path));
    BOOST_TEST(must(reader.recent_tasks(10)).empty());
    BOOST_TEST(must(reader.steps_of("old")).size() == 1u);
    BOOST_TEST(must(reader.totals()).open == 1);
    reopen();
    note({sent(2, 12), named(2, "new"), sent(3, 13), named(3, "old", 1)});
    always([this](char const* when) {
        BOOST_TEST(recent() == "old new", when);
        BOOST_TEST((journal->step_of("new") == step_number(2)), when);
    });
}

BOOST_AUTO_TEST_CASE(a_second_charge_counts_in_every_sum) {
    engine::ChargedAgain const again{"task-0", 7'000};
    note({sent(1, 11), failed_as(1, "task-0"), sent(1, 12), finished(1), event_of(1, again),
          sent(2, 13), finished(2)});
    always([this](char const* when) {
        BOOST_TEST(journal->totals().paid == 3, when);
        BOOST_TEST(journal->totals().cost == 59'000, when);
    });
    auto const counts = must(journal->reader().counts());
    BOOST_TEST(counts.of(engine::Phase::finished) == 2);
    BOOST_TEST(counts.totals().paid == 3);
    BOOST_TEST(counts.totals().cost == 59'000);
    auto const paid = journal->paid_by_account();
    BOOST_TEST_REQUIRE(paid.size() == 1u);
    BOOST_TEST(paid.at("main").paid == 3);
    BOOST_TEST(paid.at("main").cost == 59'000);
}

BOOST_AUTO_TEST_CASE(a_merge_keeps_tasks_and_second_charges_but_not_the_order_of_sending) {
    auto const other = directory / "other.db";
    {
        auto second = must(SqliteJournal::open(executor(), other));
        for (auto event : {sent(3, 11), named(3, "c", 500), set_aside(3, "x"), sent(4, 12),
                           named(4, "shared", 501)})
            second->note(event);
        second->close();
        run();
    }
    note({sent(1, 11), named(1, "a", 101), finished(1),
          event_of(1, engine::ChargedAgain{"task-0", 7'000}), sent(2, 12),
          named(2, "shared", 102)});
    commit();
    journal.reset();
    run();
    auto const keep = [](std::size_t, std::string const& file) -> Result<std::string> {
        return file;
    };
    must(merge_journals({path, other}, directory / "all.db", keep));
    path = directory / "all.db";
    reopen();
    BOOST_TEST(recent() == "c shared task-1 a");
    for (auto const& task : journal->recent_tasks(10)) BOOST_TEST(task.order == 0u, task.task_id);
    for (int const step : {1, 2, 3, 4}) {
        auto const state = journal->find(step_number(step));
        BOOST_TEST(state->boot.empty());
        BOOST_TEST(state->sent_after == 0u);
    }
    BOOST_TEST(journal->knows_task("x"));
    BOOST_TEST(must(journal->reader().steps_of("shared")).size() == 2u);
    BOOST_TEST(journal->totals().paid == 2);
    BOOST_TEST(journal->totals().cost == 33'000);
}

BOOST_FIXTURE_TEST_CASE(payments_are_given_from_the_last_one_back, TasksFixture) {
    engine::ChargedAgain charged{"late", 7, std::string("second")};
    note({sent(1, 1), finished(1), sent(2, 2), finished(2), event_of(1, charged), sent(3, 3)});
    commit();
    reopen();
    std::vector<engine::Payment> payments;
    journal->for_each_payment_backwards([&payments](engine::Payment const& payment) {
        payments.push_back(payment);
        return payments.size() < 2;
    });
    BOOST_TEST_REQUIRE(payments.size() == 2u);
    BOOST_TEST((payments[0].step == step_number(1)));
    BOOST_TEST(payments[0].is_again);
    BOOST_TEST(payments[0].task_id == "late");
    BOOST_TEST(payments[0].cost == 7);
    BOOST_TEST(payments[0].account.value_or("") == "second");
    BOOST_TEST((payments[1].step == step_number(2)));
    BOOST_TEST(!payments[1].is_again);
    BOOST_TEST(payments[1].task_id == "task-2");
}

BOOST_FIXTURE_TEST_CASE(finished_texts_that_no_answer_named_are_told_apart, TasksFixture) {
    auto text = [](int step) {
        auto event = sent(step, static_cast<std::uint64_t>(step));
        std::get<engine::Submitted>(event.fact).info.action = "shorten";
        return event;
    };
    auto answered = [](int step) {
        engine::Answer answer;
        answer.text = "a boat";
        return event_of(step, engine::Finished{answer, 0});
    };
    engine::Accepted seen; // in a listing
    seen.task_id = "seen";
    seen.by_search = true;
    note({text(1), answered(1), text(2), answered(2), event_of(2, seen), text(3), sent(4, 4),
          finished(4), text(5), answered(5)});
    commit();
    reopen();
    std::vector<Digest> steps;
    for (auto const& [key, state] : journal->recent_unnamed(10)) steps.push_back(key);
    BOOST_TEST((steps == std::vector{step_number(5), step_number(1)}));
    BOOST_TEST(journal->recent_unnamed(1).size() == 1u);
    BOOST_TEST(recent() == "task-4 seen");
    BOOST_TEST(journal->step_of("seen").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
