// Merged journals: every fact of each is in the result, and each step once.
#include "runner/store/journal_merge.hpp"

#include "runner/store/error.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;
using engine::Phase;
using engine::Verdict;

namespace {

using Events = std::vector<engine::Event>;

struct MergeFixture : LoopFixture {
    void record(std::string const& name, Events const& events) {
        auto journal = must(SqliteJournal::open(executor(), directory / name));
        for (auto const& event : events) journal->note(event);
        journal->close();
        run();
        sources.push_back(directory / name);
    }

    JournalReader merge() {
        auto const link = [this](std::size_t source,
                                 std::string const& file) -> Result<std::string> {
            brought.push_back(std::to_string(source) + ":" + file);
            return prefix + file;
        };
        tally = must(merge_journals(sources, directory / "all.db", link));
        return must(JournalReader::open(directory / "all.db"));
    }

    TempDirectory directory;
    std::vector<std::string> sources;
    std::vector<std::string> brought;
    std::string prefix; // in front of each file's name
    MergeTally tally;
};

engine::Event skipped(int step) {
    return event_of(step, engine::Skipped{info_number(step), "the step above failed"});
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(journal_merge, MergeFixture)

BOOST_AUTO_TEST_CASE(every_step_is_as_in_its_own_journal) {
    record("a.db", {submitted(1), accepted(1, "task-1"), finished(1), saved(1, "1.png"),
                    submitted(2), accepted(2, "task-2")});
    record("b.db", {submitted(3), failed(3, Verdict::rejected, true), skipped(4), submitted(5),
                    finished(5), saved(5, "5.png")});
    auto all = merge();
    for (std::size_t i = 0; i < sources.size(); ++i) {
        auto one = must(JournalReader::open(sources[i]));
        for (int step = 1; step <= 5; ++step) {
            auto const before = must(one.find(step_number(step)));
            if (before.last_seq == 0) continue;
            auto const after = must(all.find(step_number(step)));
            BOOST_TEST((after.state.phase == before.state.phase));
            BOOST_TEST(after.state.task_id == before.state.task_id);
            BOOST_TEST(after.state.price == before.state.price);
            BOOST_TEST(after.state.saved.size() == before.state.saved.size());
            BOOST_TEST(after.gave_up == before.gave_up);
        }
    }
    BOOST_TEST(tally.steps == 5u);
    BOOST_TEST(tally.doubles == 0u);
    BOOST_TEST(must(all.knows_task("task-2")));
    BOOST_TEST(must(all.totals()).paid == 2);
    BOOST_TEST(must(all.totals()).open == 1);
    BOOST_TEST(must(all.counts()).gave_up == 1);
    BOOST_TEST(must(all.count_images()) == 2);
    BOOST_TEST(must(all.last_seq()) == 12);
    BOOST_TEST((brought == std::vector<std::string>{"0:1.png", "1:5.png"}));
}

BOOST_AUTO_TEST_CASE(a_run_goes_on_in_what_was_merged) {
    record("a.db", {submitted(1), finished(1), saved(1, "1.png")});
    record("b.db", {submitted(2)});
    merge();
    auto journal = must(SqliteJournal::open(executor(), directory / "all.db"));
    BOOST_TEST(journal->unsettled_steps().size() == 1u);
    auto task = journal->append(finished(2));
    must(run(std::move(task)));
    BOOST_TEST(journal->totals().paid == 2);
    BOOST_TEST(journal->owner_of("1.png").has_value());
}

BOOST_AUTO_TEST_CASE(for_a_step_that_two_have_the_further_one_is_kept_and_the_money_is_counted) {
    Events const done{submitted(1), finished(1), saved(1, "1.png")};
    Events const owed{submitted(1), finished(1)};
    Events const open{submitted(1)};
    Events const again{submitted(1), failed(1, Verdict::transient, false)};
    Events const given_up{submitted(1), failed(1, Verdict::rejected, true)};
    Events const below{skipped(1)};
    struct Case {
        Events first, second;
        Phase phase;
        std::size_t images;
        std::uint64_t paid_again, unknown_again;
    };
    Case const cases[] = {
        {done, done, Phase::finished, 1, 1, 0},    {owed, done, Phase::finished, 1, 1, 0},
        {done, open, Phase::finished, 1, 0, 1},    {open, owed, Phase::finished, 0, 0, 1},
        {open, open, Phase::open, 0, 0, 1},        {given_up, open, Phase::open, 0, 0, 0},
        {given_up, again, Phase::wanted, 0, 0, 0}, {again, open, Phase::open, 0, 0, 0},
        {below, given_up, Phase::failed, 0, 0, 0}};
    int number = 0;
    for (auto const& [first, second, phase, images, paid_again, unknown_again] : cases) {
        BOOST_TEST_CONTEXT("case " << number) {
            MergeFixture stage;
            stage.record("a.db", first);
            stage.record("b.db", second);
            auto all = stage.merge();
            auto const record = must(all.find(step_number(1)));
            BOOST_TEST((record.state.phase == phase));
            BOOST_TEST(record.state.saved.size() == images);
            BOOST_TEST(stage.tally.steps == 1u);
            BOOST_TEST(stage.tally.doubles == 1u);
            BOOST_TEST(stage.tally.paid_again == paid_again);
            BOOST_TEST(stage.tally.cost_again == static_cast<jobs::Micros>(paid_again) * 26'000);
            BOOST_TEST(stage.tally.unknown_again == unknown_again);
            BOOST_TEST(must(all.summary(step_number(1))).has_value());
        }
        ++number;
    }
}

BOOST_AUTO_TEST_CASE(what_was_skipped_is_looked_at_again_where_another_journal_has_a_say) {
    record("a.db", {submitted(1), failed(1, Verdict::rejected, true), skipped(2)});
    record("b.db", {submitted(1), finished(1), saved(1, "1.png")});
    auto all = merge();
    BOOST_TEST(must(all.find(step_number(2))).last_seq == 0);
    BOOST_TEST(!must(all.summary(step_number(2))).has_value());
}

BOOST_AUTO_TEST_CASE(a_new_name_of_a_file_is_in_the_fact_too) {
    record("a.db", {submitted(1), finished(1), saved(1, "x.png")});
    prefix = "new/";
    auto all = merge();
    BOOST_TEST(must(all.find(step_number(1))).state.saved.at(0).file == "new/x.png");
    BOOST_TEST(must(all.owner_of("new/x.png")).has_value());
}

BOOST_AUTO_TEST_CASE(journals_of_an_older_program_are_merged_too) {
    record("a.db", {submitted(1), finished(1), saved(1, "1.png")});
    {
        auto database = must(Database::open(sources[0], Database::Mode::create));
        must(database.execute("DROP INDEX steps_by_account; DROP INDEX steps_charged_again; "
                              "ALTER TABLE steps DROP COLUMN account;"
                              "ALTER TABLE images DROP COLUMN bytes"));
    }
    record("b.db", {submitted(2), finished(2)});
    auto all = merge();
    BOOST_TEST(must(all.totals()).paid == 2);
    must(all.for_each_image_file([](ImageFile const& image) { BOOST_TEST(image.bytes == -1); }));
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_brought_or_a_foreign_database_ends_it) {
    record("a.db", {submitted(1), finished(1), saved(1, "1.png")});
    auto const refuse = [](std::size_t, std::string const&) -> Result<std::string> {
        return Error(Errc::too_large, "no");
    };
    BOOST_TEST(merge_journals(sources, directory / "one.db", refuse).has_error());
    put_content(directory / "c.db", "no database at all, but more than a header of bytes");
    sources.push_back(directory / "c.db");
    auto const keep = [](std::size_t, std::string const& file) -> Result<std::string> {
        return file;
    };
    auto const foreign = merge_journals(sources, directory / "two.db", keep);
    BOOST_REQUIRE(foreign.has_error());
    BOOST_TEST(foreign.error().code == make_error_code(Errc::foreign_journal));
}

BOOST_AUTO_TEST_CASE(the_new_journal_has_the_tables_and_indexes_of_any_other) {
    auto const schema_of = [](std::string const& path) {
        auto database = must(Database::open(path, Database::Mode::read));
        auto rows = must(database.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name"));
        std::vector<std::string> schema;
        while (must(rows.step()))
            schema.push_back(std::string(rows.text(0)) + ": " + std::string(rows.text(1)));
        return schema;
    };
    record("a.db", {submitted(1), finished(1), saved(1, "1.png")});
    merge();
    BOOST_TEST(schema_of(directory / "all.db") == schema_of(directory / "a.db"),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_actions_of_an_image_are_kept_and_unknown_where_they_were_not_stored) {
    record("a.db", {submitted(1), finished(1), saved(1, "1.png")});
    record("b.db", {submitted(2), finished(2), saved(2, "2.png")});
    {
        auto old = must(Database::open(directory / "b.db", Database::Mode::create));
        must(old.execute("ALTER TABLE steps DROP COLUMN offer"));
    }
    auto all = merge();
    std::vector<bool> known;
    must(all.for_each_done(
        [&known](DoneRow const& row) { known.push_back(row.action_mask != unknown_action_mask); }));
    BOOST_TEST(known == (std::vector<bool>{true, false}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
