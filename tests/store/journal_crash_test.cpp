// A journal after the process, the machine or the disk failed.
#include "runner/store/error.hpp"
#include "runner/store/journal.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <sys/wait.h>
#include <unistd.h>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;
namespace fs = std::filesystem;

namespace {

struct CrashFixture : LoopFixture {
    std::unique_ptr<SqliteJournal> open(std::string const& name) {
        return must(SqliteJournal::open(executor(), directory / name));
    }

    /// Copies the database as it is on disk now: the state after a crash at this instant.
    void copy_as(std::string const& name) {
        for (auto const* ending : {"", "-wal"})
            fs::copy_file(directory / "journal.db" + ending, directory / name + ending,
                          fs::copy_options::overwrite_existing);
        fs::remove(directory / name + "-shm");
    }

    std::int64_t facts_in(std::string const& name) {
        auto const journal = open(name);
        return must(journal->reader().last_seq());
    }

    TempDirectory directory;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(journal_crash, CrashFixture)

BOOST_AUTO_TEST_CASE(what_was_reported_durable_is_there_after_a_crash_at_any_time) {
    auto const journal = open("journal.db");
    for (int step = 1; step <= 20; ++step) {
        must(run(journal->append(submitted(step))));
        copy_as("copy.db");
        BOOST_TEST(facts_in("copy.db") == step);
    }
}

BOOST_AUTO_TEST_CASE(a_torn_log_loses_only_whole_commits_from_its_end) {
    auto const journal = open("journal.db");
    auto two_facts = [&journal](int step) -> boost::asio::awaitable<Result<>> {
        journal->note(finished(step));
        auto event = saved(step, std::to_string(step) + ".png");
        auto const result = co_await journal->append(std::move(event));
        co_return result;
    };
    for (int step = 1; step <= 5; ++step) must(run(two_facts(step)));
    copy_as("whole.db");
    auto const log = content_of(directory / "whole.db-wal");
    std::int64_t last = 0;
    for (std::size_t size = 0; size <= log.size(); size += 1031) {
        fs::copy_file(directory / "whole.db", directory / "torn.db",
                      fs::copy_options::overwrite_existing);
        fs::remove(directory / "torn.db-shm");
        put_content(directory / "torn.db-wal", log.substr(0, size));
        auto const torn = open("torn.db");
        auto const facts = must(torn->reader().last_seq());
        BOOST_TEST(facts % 2 == 0, "half a commit is there");
        BOOST_TEST(facts >= last, "a longer log has fewer facts");
        BOOST_TEST(torn->totals().paid == facts / 2);
        BOOST_TEST(must(torn->reader().count_images()) == facts / 2);
        last = facts;
    }
    BOOST_TEST(last >= 8);
}

BOOST_AUTO_TEST_CASE(a_killed_process_leaves_every_durable_fact) {
    int report[2];
    BOOST_REQUIRE(::pipe(report) == 0);
    auto const child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        // A context of its own: the parent's does not belong to this process.
        LoopFixture loop;
        auto const journal = must(SqliteJournal::open(loop.executor(), directory / "killed.db"));
        for (int step = 1;; ++step) {
            must(loop.run(journal->append(submitted(step))));
            if (::write(report[1], &step, sizeof step) != sizeof step) ::_exit(1);
        }
    }
    ::close(report[1]);
    int durable = 0;
    while (durable < 25 && ::read(report[0], &durable, sizeof durable) == sizeof durable) {
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(report[0]);
    BOOST_TEST(durable == 25);
    BOOST_TEST(facts_in("killed.db") >= durable);
}

BOOST_AUTO_TEST_CASE(a_full_disk_fails_every_append_from_then_on) {
    auto journal = open("journal.db");
    must(run(journal->append(submitted(1))));
    {
        auto const log = fs::file_size(directory / "journal.db-wal");
        FileSizeLimit const full(log + 10'000);
        auto big = submitted(2);
        std::get<engine::Submitted>(big.fact).info.prompt = std::string(100'000, 'x');
        auto const refused = run(journal->append(std::move(big)));
        BOOST_REQUIRE(refused.has_error());
        BOOST_TEST(is_disk_error(refused.error().code), refused.error().message());
    }
    // There is room again, but a fact is lost: nothing that follows it may be kept.
    auto const late = run(journal->append(submitted(3)));
    BOOST_REQUIRE(late.has_error());
    BOOST_TEST(is_disk_error(late.error().code));
    journal.reset();
    journal = open("journal.db");
    BOOST_TEST(must(journal->reader().last_seq()) == 1);
    must(run(journal->append(submitted(2))));
    BOOST_TEST(must(journal->reader().last_seq()) == 2);
}

BOOST_AUTO_TEST_CASE(those_who_come_while_the_disk_fills_fail_too) {
    auto const journal = open("journal.db");
    must(run(journal->append(submitted(1))));
    FileSizeLimit const full(fs::file_size(directory / "journal.db-wal") + 100);
    int failures = 0;
    auto life = [&]() -> boost::asio::awaitable<void> {
        for (int i = 0; i < 3; ++i) {
            auto event = submitted(2);
            auto const result = co_await journal->append(std::move(event));
            failures += result.has_error();
        }
    };
    auto on_end = [](std::exception_ptr error) { BOOST_TEST((error == nullptr)); };
    for (int i = 0; i < 10; ++i) boost::asio::co_spawn(context, life(), on_end);
    run();
    BOOST_TEST(failures == 30);
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_written_is_an_error_with_the_path) {
    auto const opened = SqliteJournal::open(executor(), directory / "none" + "/journal.db");
    BOOST_REQUIRE(opened.has_error());
    BOOST_TEST(is_disk_error(opened.error().code), opened.error().message());
    BOOST_TEST(opened.error().detail.find("none/journal.db") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
