// Journals that are older than the files beside them.
#include "runner/store/run_age.hpp"

#include "runner/store/error.hpp"
#include "runner/store/journal.hpp"
#include "runner/store/journal_meta.hpp"
#include "runner/store/manifest_writer.hpp"
#include "runner/store/send_marks.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <filesystem>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;
namespace fs = std::filesystem;

namespace {

struct AgeFixture : LoopFixture {
    std::unique_ptr<SqliteJournal> open() {
        return must(SqliteJournal::open(executor(), path("journal.db")));
    }

    std::string path(std::string const& name) const { return directory / name; }

    /// Records steps that are done, from `first` to `last`.
    void record(int first, int last) {
        auto const journal = open();
        for (int step = first; step <= last; ++step) {
            journal->note(submitted(step));
            journal->note(finished(step));
            must(run(journal->append(saved(step, std::to_string(step) + ".png"))));
        }
    }

    /// Writes the manifest that belongs to the journal.
    void write_manifest(std::string const& name = "manifest.jsonl") {
        RunFolder const folder = must(RunFolder::open(directory.path()));
        auto reader = must(JournalReader::open(path("journal.db")));
        must(rebuild_manifest(folder, reader, [](auto const&, auto const&) { return Result<>(); }));
        if (name != "manifest.jsonl") fs::rename(path("manifest.jsonl"), path(name));
    }

    /// Returns what the checks found; "" for nothing.
    std::string found() {
        auto checked = check_age(directory.path());
        if (checked.has_value()) checked = check_listed(directory.path());
        if (checked.has_value()) return "";
        BOOST_TEST((checked.error().code == Errc::went_back), checked.error().message());
        BOOST_TEST(checked.error().detail.starts_with(directory.path()));
        return checked.error().detail;
    }

    bool finds(std::string const& words) {
        auto const text = found();
        BOOST_TEST_MESSAGE(text);
        return text.find(words) != std::string::npos;
    }

    TempDirectory directory;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(run_age, AgeFixture)

BOOST_AUTO_TEST_CASE(a_directory_as_a_run_leaves_it_passes) {
    BOOST_TEST(found() == ""); // empty
    record(1, 20);
    write_manifest();
    BOOST_TEST(found() == "");
    auto const journal = open(); // a run is at work
    BOOST_TEST(found() == "");
    must(run(journal->append(submitted(21))));
    BOOST_TEST(found() == "");
}

BOOST_AUTO_TEST_CASE(an_empty_journal_is_refused_only_where_something_came_after_it) {
    put_content(path("journal.db"), "");
    put_content(path("manifest.jsonl"), "");
    BOOST_TEST(found() == "");
    for (auto const* name : {"manifest.jsonl", "unwanted.jsonl", "failed.jsonl", "marks"}) {
        put_content(path(name), "anything");
        BOOST_TEST(finds(fmt::format("journal.db is empty, but there is {}", name)));
        fs::remove(path(name));
    }
    BOOST_TEST(fs::file_size(path("journal.db")) == 0u);
}

BOOST_AUTO_TEST_CASE(an_older_journal_is_refused_by_what_the_lists_have) {
    record(1, 3);
    fs::copy_file(path("journal.db"), path("older.db"));
    record(4, 5);
    for (auto const* name : {"manifest.jsonl", "unwanted.jsonl"}) {
        write_manifest(name);
        BOOST_TEST(found() == "");
        fs::rename(path("journal.db"), path("newer.db"));
        fs::copy_file(path("older.db"), path("journal.db"));
        BOOST_TEST(finds(fmt::format("{} lists 2 images whose steps journal.db has not finished, "
                                     "the first of step {}",
                                     name, to_hex(step_number(4)).substr(0, 16))));
        fs::rename(path("newer.db"), path("journal.db"));
        fs::remove(path(name));
    }
}

BOOST_AUTO_TEST_CASE(lines_are_read_as_people_leave_them_and_torn_ones_are_none) {
    record(1, 1);
    auto const other = to_hex(step_number(2));
    put_content(path("manifest.jsonl"),
                "no line\n\n{\"schema\": 1, \"key\":\"" + to_hex(step_number(1)) + "\"}\n");
    BOOST_TEST(found() == "");
    put_content(path("manifest.jsonl"), "{\"job\": \"a\", \"key\": \"" + other + "\"}\n");
    BOOST_TEST(finds("lists 1 image whose"));
    put_content(path("manifest.jsonl"), "{\"schema\":1,\"key\":\"" + other + "\"}");
    BOOST_TEST(found() == "");
}

BOOST_AUTO_TEST_CASE(an_open_step_is_not_a_finished_one) {
    record(1, 1);
    must(run(open()->append(submitted(2))));
    put_content(path("manifest.jsonl"),
                "{\"schema\":1,\"key\":\"" + to_hex(step_number(2)) + "\",\"job\":\"a\"}\n");
    BOOST_TEST(finds("lists 1 image whose"));
}

BOOST_AUTO_TEST_CASE(a_journal_without_its_log_is_refused) {
    auto journal = open();
    for (int step = 1; step <= 3; ++step) must(run(journal->append(submitted(step))));
    fs::create_directory(path("copy"));
    fs::copy_file(path("journal.db"), path("copy/journal.db"));
    auto const lost = check_age(path("copy"));
    BOOST_REQUIRE(lost.has_error());
    BOOST_TEST((lost.error().code == Errc::went_back));
    BOOST_TEST(lost.error().detail.find("without its journal.db-wal") != std::string::npos);
    put_content(path("copy/journal.db-wal"), "");
    BOOST_TEST(check_age(path("copy")).has_error(), "an empty log is none");
    fs::copy_file(path("journal.db-wal"), path("copy/journal.db-wal"),
                  fs::copy_options::overwrite_existing);
    BOOST_TEST(check_age(path("copy")).has_value());
    BOOST_TEST(must(SqliteJournal::open(executor(), path("copy/journal.db")))->totals().open == 3);
    journal.reset();
    BOOST_TEST(found() == "", "closed in the usual way");
}

BOOST_AUTO_TEST_CASE(a_log_that_was_written_back_by_the_run_is_missed_all_the_same) {
    auto const journal = open();
    constexpr int steps = 8000; // more than the log may have
    for (int step = 1; step <= steps; ++step) journal->note(submitted(step));
    must(run(journal->append(submitted(steps + 1))));
    for (int step = 1; step <= 3; ++step) must(run(journal->append(accepted(step, "t"))));
    fs::create_directory(path("copy"));
    fs::copy_file(path("journal.db"), path("copy/journal.db"));
    auto reader = must(JournalReader::open(path("copy/journal.db")));
    BOOST_TEST(must(reader.last_seq()) > 0, "the log was written back");
    BOOST_TEST(check_age(path("copy")).has_error());
}

BOOST_AUTO_TEST_CASE(a_log_that_another_program_wrote_back_is_not_missed) {
    {
        auto const journal = open();
        must(run(journal->append(submitted(1))));
        for (auto const* ending : {"", "-wal"})
            fs::copy_file(path("journal.db") + ending, path("killed.db") + ending);
    }
    {
        auto database = must(Database::open(path("killed.db"), Database::Mode::create));
        must(database.number("SELECT count(*) FROM facts"));
    } // the last connection writes the log back and removes it
    BOOST_TEST(!fs::exists(path("killed.db-wal")));
    fs::rename(path("killed.db"), path("journal.db"));
    BOOST_TEST(found() == "");
}

BOOST_AUTO_TEST_CASE(marks_of_a_later_run_are_newer_than_the_journal) {
    record(1, 1);
    BOOST_TEST(must(begin_run(path("journal.db"))) == 1u);
    fs::copy_file(path("journal.db"), path("older.db"));
    BOOST_TEST(must(begin_run(path("journal.db"))) == 2u);
    must(FileSendMarks::open(path("marks"), {2, "boot"}, std::nullopt))->next_attempt();
    BOOST_TEST(found() == "");
    fs::rename(path("older.db"), path("journal.db"));
    BOOST_TEST(finds("the file marks is of run 2, but journal.db knows 1"));
}

BOOST_AUTO_TEST_CASE(marks_of_requests_that_the_journal_has_not_are_newer) {
    record(1, 1);
    auto const run_number = must(begin_run(path("journal.db")));
    auto const marks = must(FileSendMarks::open(path("marks"), {run_number, "boot"}, std::nullopt));
    auto event = submitted(2);
    std::get<engine::Submitted>(event.fact).attempt = marks->next_attempt();
    must(run(open()->append(event)));
    marks->mark(std::get<engine::Submitted>(event.fact).attempt);
    BOOST_TEST(found() == "");
    auto const other = marks->next_attempt(); // recorded, and never sent
    BOOST_TEST(found() == "");
    marks->mark(other);
    BOOST_TEST(finds("requests that were sent, and journal.db has no record"));
}

BOOST_AUTO_TEST_CASE(marks_that_lack_what_had_left_before_the_last_intents_are_older) {
    record(1, 1);
    auto const run_number = must(begin_run(path("journal.db")));
    auto const marks = must(FileSendMarks::open(path("marks"), {run_number, "boot"}, std::nullopt));
    auto const are_older = [this] {
        return must(store::are_older(*must(read_marks(path("marks"))), path("journal.db")));
    };
    for (int step = 2; step < 4; ++step) {
        auto event = submitted(step);
        auto& intent = std::get<engine::Submitted>(event.fact);
        intent.attempt = marks->next_attempt();
        intent.sent_after = marks->last_order();
        must(run(open()->append(event)));
        if (step == 2) fs::copy_file(path("marks"), path("older"));
        BOOST_TEST(!are_older());
        marks->mark(intent.attempt);
        BOOST_TEST(!are_older());
    }
    fs::copy_file(path("older"), path("marks"), fs::copy_options::overwrite_existing);
    BOOST_TEST(are_older());
}

BOOST_AUTO_TEST_CASE(damaged_marks_say_nothing) {
    record(1, 1);
    put_content(path("marks"), "damaged");
    BOOST_TEST(found() == "");
}

BOOST_AUTO_TEST_SUITE_END()
