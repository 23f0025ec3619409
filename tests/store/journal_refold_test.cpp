// Failed steps of version 0.1 whose requests may be paid.
#include "runner/store/journal_refold.hpp"

#include "runner/store/journal.hpp"
#include "runner/store/journal_merge.hpp"
#include "runner/store/run_history.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <vector>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;
using engine::Phase;
using engine::Verdict;

namespace {

engine::Event gave_up(int step, Verdict verdict, int status) {
    auto event = failed(step, verdict, true);
    auto& fact = std::get<engine::Failed>(event.fact);
    fact.problem.status = status;
    fact.by_0_1 = true;
    return event;
}

/// Step 1: a 502; 2: refused; 3: never left; 4: a 408 with a task; 5: done; 6: failed just now.
struct OldFixture : LoopFixture {
    OldFixture() {
        auto with_task = gave_up(4, Verdict::unknown, 408);
        std::get<engine::Failed>(with_task.fact).problem.task_id = "task-4";
        record("journal.db",
               {submitted(1), gave_up(1, Verdict::transient, 502), submitted(2),
                gave_up(2, Verdict::rejected, 400), submitted(3), gave_up(3, Verdict::transient, 0),
                submitted(4), with_task, submitted(5), finished(5), saved(5, "5.png"), submitted(6),
                failed(6, Verdict::rejected, true)});
    }

    /// Writes a journal as version 0.1 left it.
    void record(std::string const& name, std::vector<engine::Event> const& events) {
        {
            auto journal = must(SqliteJournal::open(executor(), directory / name));
            for (auto const& event : events) journal->note(event);
            journal->close();
            run();
        }
        auto database = must(Database::open(directory / name, Database::Mode::create));
        must(database.execute("DROP TABLE meta; UPDATE steps SET phase = 3, gave_up = 1, "
                              "unsettled = 0 WHERE key IN (SELECT step FROM facts "
                              "WHERE kind = 'failed')"));
    }

    /// "1 open, 2 failed": the steps' phases by their rows, and the counts.
    std::string states(std::string const& name = "journal.db") {
        auto history = must(RunHistory::open(directory / name));
        std::string text;
        for (int step = 1; step <= 6; ++step) {
            auto const row = must(history.find(step_number(step)));
            if (row) text += fmt::format("{} {}, ", step, engine::name_of(row->phase));
        }
        auto const counts = must(history.counts());
        int open = 0;
        int failed = 0;
        must(history.for_each_open([&open](auto const&) { return ++open, Result<>(); }));
        must(history.for_each_failed([&failed](auto const&) { return ++failed, Result<>(); }));
        return text + fmt::format("open {} {}, failed {} {}, gave up {}, price {}",
                                  counts.of(Phase::open), open, counts.of(Phase::failed), failed,
                                  counts.gave_up, counts.totals().open_price);
    }

    TempDirectory directory;
    std::string path = directory / "journal.db";
};

constexpr auto today = "1 open, 2 failed, 3 wanted, 4 open, 5 finished, 6 failed, open 2 2, "
                       "failed 2 2, gave up 2, price 52000";

} // namespace

BOOST_FIXTURE_TEST_SUITE(journal_refold, OldFixture)

BOOST_AUTO_TEST_CASE(a_reader_shows_what_a_run_will_find) {
    BOOST_TEST(states() == today);
    auto reader = must(JournalReader::open(path));
    BOOST_TEST(must(reader.totals()).open == 2);
}

BOOST_AUTO_TEST_CASE(the_first_run_brings_the_rows_up_to_date_once) {
    {
        auto const journal = must(SqliteJournal::open(executor(), path));
        BOOST_TEST(journal->refolded().unknown == 2);
        BOOST_TEST(journal->refolded().wanted == 1);
        BOOST_TEST(journal->unsettled_steps().size() == 2u);
        BOOST_TEST(journal->totals().open == 2);
        BOOST_TEST(journal->counts_at_open().gave_up == 2);
    }
    auto database = must(Database::open(path, Database::Mode::read));
    BOOST_TEST(must(database.number("SELECT count(*) FROM steps WHERE phase = 1 AND gave_up = 0 "
                                    "AND unsettled = 1 AND price = 26000")) == 2);
    BOOST_TEST(states() == today);
    auto const again = must(refold_steps(path));
    BOOST_TEST(again.unknown + again.wanted == 0);
}

BOOST_AUTO_TEST_CASE(a_new_journal_has_nothing_to_bring_up_to_date) {
    auto const fresh = directory / "new.db";
    must(SqliteJournal::open(executor(), fresh));
    auto database = must(Database::open(fresh, Database::Mode::read));
    BOOST_TEST(!must(has_rows_of_0_1(database)));
}

BOOST_AUTO_TEST_CASE(of_two_directories_the_one_that_may_have_paid_is_kept) {
    record("other.db", {submitted(1), failed(1, Verdict::rate, false)});
    {
        auto database = must(Database::open(directory / "other.db", Database::Mode::create));
        must(database.execute("UPDATE steps SET phase = 0, gave_up = 0"));
    }
    auto const keep = [](std::size_t, std::string const& file) -> Result<std::string> {
        return file;
    };
    for (bool const is_first : {true, false}) {
        std::vector<std::string> sources{path, directory / "other.db"};
        if (!is_first) std::swap(sources[0], sources[1]);
        auto const all = directory / (is_first ? "a.db" : "b.db");
        must(merge_journals(sources, all, keep));
        BOOST_TEST(states(is_first ? "a.db" : "b.db") == today);
        auto const journal = must(SqliteJournal::open(executor(), all));
        BOOST_TEST(journal->unsettled_steps().size() == 2u);
    }
}

BOOST_AUTO_TEST_SUITE_END()
