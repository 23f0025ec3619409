// What is the store's alone: its file, processes at once, and failures.
#include "runner/base/task_group.hpp"
#include "runner/engine/account_key.hpp"
#include "runner/ledger/sqlite_ledger.hpp"
#include "runner/ledger/task_owner.hpp"
#include "tests/support/io_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace darkroom::ledger {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using engine::Grant;

namespace {

struct StoreFixture : darkroom::test::IoFixture {
    StoreFixture() {
        fs::remove_all(folder);
        fs::create_directories(folder);
    }
    ~StoreFixture() { fs::remove_all(folder); }

    LedgerOptions options_of(std::string run) const {
        LedgerOptions options;
        options.path = path;
        options.run = std::move(run);
        return options;
    }
    std::unique_ptr<SqliteLedger> open(std::string run) {
        return SqliteLedger::open(clock, options_of(std::move(run))).value();
    }
    Grant ask(engine::Ledger& ledger, int step, int places = 1000) {
        engine::GrantRequest request;
        request.step = sha256(std::to_string(step));
        request.identity = "https://api.example.org#0123456789abcdef";
        request.price = 7;
        request.places = places;
        return run(ledger.grant(std::move(request)));
    }
    /// Holds the file against all writers.
    std::unique_ptr<store::Database> lock() const {
        auto other = store::Database::open(path, store::Database::Mode::create);
        BOOST_TEST(other->execute("BEGIN IMMEDIATE").has_value());
        return std::make_unique<store::Database>(std::move(*other));
    }
    boost::asio::awaitable<void> unlock_after(Duration time,
                                              std::unique_ptr<store::Database>& lock) {
        co_await clock.sleep_for(time);
        lock.reset();
    }
    std::string bytes() const {
        std::ifstream file(path, std::ios::binary);
        std::ifstream log(path + "-wal", std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {}) +
               std::string(std::istreambuf_iterator<char>(log), {});
    }

    fs::path folder = fs::temp_directory_path() / fmt::format("darkroom-ledger-{}", ::getpid());
    std::string path = folder / "ledger.db";
};

} // namespace

BOOST_FIXTURE_TEST_CASE(the_files_are_for_the_user_alone, StoreFixture) {
    auto const ledger = open("a");
    for (auto const* end : {"", "-wal", "-shm"}) {
        struct stat info {};
        BOOST_TEST_REQUIRE(::stat((path + end).c_str(), &info) == 0);
        BOOST_TEST((info.st_mode & 0777) == 0600u);
    }
}

BOOST_FIXTURE_TEST_CASE(neither_the_url_nor_the_token_is_in_it, StoreFixture) {
    auto const ledger = open("a");
    BOOST_TEST((ask(*ledger, 1).what == Grant::What::go));
    BOOST_TEST(bytes().find("api.example.org") == std::string::npos);
    BOOST_TEST(bytes().find("0123456789abcdef") == std::string::npos);
    BOOST_TEST(bytes().size() > 4096u);
}

BOOST_FIXTURE_TEST_CASE(a_broken_file_is_kept_aside_and_a_new_one_begun, StoreFixture) {
    open("a").reset();
    std::ofstream(path, std::ios::binary) << std::string(8192, 'x');
    auto refused = options_of("a");
    refused.broken = Broken::is_an_error;
    BOOST_TEST(SqliteLedger::open(clock, refused).has_error());
    auto const ledger = open("a");
    BOOST_TEST(ledger->was_rebuilt());
    BOOST_TEST(fs::exists(path + ".broken"));
    BOOST_TEST((ask(*ledger, 1).what == Grant::What::go));
    BOOST_TEST(!open("b")->was_rebuilt());
    BOOST_TEST(open("b")->is_second());
}

BOOST_FIXTURE_TEST_CASE(a_file_that_was_removed_or_emptied_is_missed, StoreFixture) {
    open("a").reset();
    BOOST_TEST(!open("a")->has_replaced());
    clock.skip(1h);
    fs::remove(path);
    {
        auto const second = open("b");
        BOOST_TEST(second->has_replaced());
        BOOST_TEST(second->is_second());
        BOOST_TEST((second->begun() == clock.wall()));
    }
    BOOST_TEST(!open("b")->has_replaced());
    BOOST_TEST(open("b")->is_second());
    clock.skip(1h);
    fs::resize_file(path, 0);
    BOOST_TEST(open("b")->has_replaced());
}

BOOST_FIXTURE_TEST_CASE(another_file_in_its_place_does_not_know_what_was_spent, StoreFixture) {
    open("a").reset();
    fs::copy_file(path, folder / "kept");
    fs::remove(path);
    open("a").reset();
    clock.skip(1h);
    fs::copy_file(folder / "kept", path, fs::copy_options::overwrite_existing);
    auto const older = open("a");
    BOOST_TEST(older->has_replaced());
    BOOST_TEST(older->is_second());
    BOOST_TEST((older->begun() == clock.wall()));
}

BOOST_FIXTURE_TEST_CASE(an_older_copy_of_the_file_does_not_know_what_was_spent, StoreFixture) {
    open("a").reset();
    auto const kept = folder / "kept";
    fs::copy_file(path, kept);
    open("b").reset();
    auto const restore = [&] {
        clock.skip(1h);
        fs::copy_file(kept, path, fs::copy_options::overwrite_existing);
    };
    restore();
    auto older = open("a");
    BOOST_TEST(older->has_replaced());
    BOOST_TEST(older->is_second());
    BOOST_TEST((older->begun() == clock.wall()));
    older.reset();
    BOOST_TEST(!open("a")->has_replaced());
}

BOOST_FIXTURE_TEST_CASE(a_copy_of_the_file_made_while_a_run_was_at_work_is_older, StoreFixture) {
    auto const kept = folder / "kept";
    auto ledger = open("a");
    ledger.reset();
    ledger = open("a");
    fs::copy_file(path, kept);
    ledger.reset();
    fs::copy_file(kept, path, fs::copy_options::overwrite_existing);
    for (auto const* end : {"-wal", "-shm"}) fs::remove(path + end);
    BOOST_TEST(open("b")->has_replaced());
}

/// A power failure may take the last numbers away, and nothing else.
BOOST_FIXTURE_TEST_CASE(the_number_of_a_run_is_not_compared_after_another_boot, StoreFixture) {
    open("a").reset();
    fs::copy_file(path, folder / "kept");
    open("b").reset();
    fs::copy_file(folder / "kept", path, fs::copy_options::overwrite_existing);
    auto options = options_of("a");
    options.holder.boot = "another";
    BOOST_TEST(!SqliteLedger::open(clock, options).value()->has_replaced());
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_removed_at_work_is_written_no_more, StoreFixture) {
    auto const ledger = open("a");
    BOOST_TEST((ask(*ledger, 1).what == Grant::What::go));
    fs::remove(path);
    auto const grant = ask(*ledger, 2);
    BOOST_TEST((grant.what == Grant::What::unavailable));
    BOOST_TEST(grant.why.message.find("was removed or replaced at work") != std::string::npos);
    open("b").reset();
    BOOST_TEST((ask(*ledger, 3).what == Grant::What::unavailable));
    ledger->lose(sha256("1"));
    BOOST_TEST(ledger->failure().code);
}

BOOST_FIXTURE_TEST_CASE(the_file_knows_its_age_and_its_name, StoreFixture) {
    auto const first = open("a");
    auto const begun = clock.wall();
    BOOST_TEST((first->begun() == begun));
    clock.skip(std::chrono::hours(1));
    BOOST_TEST((open("b")->begun() == first->begun()));
    BOOST_TEST(open("b")->name_of_file() == first->name_of_file());
    BOOST_TEST(!first->is_second());
}

BOOST_FIXTURE_TEST_CASE(a_file_of_another_program_is_left_alone, StoreFixture) {
    {
        auto other = store::Database::open(path, store::Database::Mode::create);
        BOOST_TEST(other->execute("CREATE TABLE theirs(x)").has_value());
    }
    auto const opened = SqliteLedger::open(clock, options_of("a"));
    BOOST_TEST_REQUIRE(opened.has_error());
    BOOST_TEST(opened.error().message().find("another program") != std::string::npos);
    BOOST_TEST(!fs::exists(path + ".broken"));
}

BOOST_FIXTURE_TEST_CASE(a_file_that_fails_is_unavailable_and_says_why, StoreFixture) {
    auto const ledger = open("a");
    {
        auto other = store::Database::open(path, store::Database::Mode::create);
        BOOST_TEST(other->execute("DROP TABLE steps").has_value());
    }
    auto const grant = ask(*ledger, 1);
    BOOST_TEST((grant.what == Grant::What::unavailable));
    BOOST_TEST(grant.why.message.find("no such table") != std::string::npos);
    BOOST_TEST(ledger->failure().code);
    auto const settled = run(ledger->settle(Digest{}, engine::LastWord::free, ""));
    BOOST_TEST((settled == engine::Entered::unavailable));
}

BOOST_AUTO_TEST_CASE(the_names_of_this_machine_are_one_service) {
    auto const is_one = [](std::string_view a, std::string_view b) {
        return engine::account_key("salt", a) == engine::account_key("salt", b);
    };
    BOOST_TEST(is_one("http://localhost:8080#t", "http://127.0.0.1:8080#t"));
    BOOST_TEST(is_one("http://[::1]:8080/mj#t", "http://localhost:8080/mj#t"));
    BOOST_TEST(is_one("http://127.0.0.1", "http://[::1]"));
    BOOST_TEST(!is_one("http://localhost:8080#t", "http://127.0.0.1:8081#t"));
    BOOST_TEST(!is_one("http://localhost:8080#t", "http://127.0.0.1:8080#u"));
    BOOST_TEST(!is_one("http://localhost:8080#t", "https://127.0.0.1:8080#t"));
    BOOST_TEST(!is_one("http://localhost:8080#t", "http://127.0.0.2:8080#t"));
    BOOST_TEST(!is_one("http://127.0.0.1.example.org", "http://localhost.example.org"));
    BOOST_TEST(!is_one("https://a.org/127.0.0.1", "https://a.org/localhost"));
}

BOOST_FIXTURE_TEST_CASE(a_reader_knows_whose_a_task_is, StoreFixture) {
    auto const a = open("a");
    auto const account = "https://api.example.org#0123456789abcdef";
    BOOST_TEST((ask(*a, 1).what == Grant::What::go));
    BOOST_TEST((run(a->adopt(sha256("1"), "t")) == engine::Entered::done));
    BOOST_TEST(is_task_of_other(path, {"b", ""}, account, "t").value());
    BOOST_TEST(!is_task_of_other(path, {"a", ""}, account, "t").value());
    BOOST_TEST(!is_task_of_other(path, {"b", ""}, account, "u").value());
    BOOST_TEST(!is_task_of_other(path, {"b", ""}, "https://other.example.org", "t").value());
    BOOST_TEST(is_task_of_other(folder / "none", {"b", ""}, account, "t").has_error());
}

BOOST_FIXTURE_TEST_CASE(a_locked_file_is_waited_for, StoreFixture) {
    auto const ledger = open("a");
    auto const begun = clock.now();
    auto other = lock();
    TaskGroup others(executor());
    others.spawn(unlock_after(20s, other));
    BOOST_TEST((ask(*ledger, 1).what == Grant::What::go));
    BOOST_TEST((clock.now() - begun >= 20s));
    BOOST_TEST(!ledger->failure().code);
}

BOOST_FIXTURE_TEST_CASE(a_file_that_stays_locked_is_given_up, StoreFixture) {
    auto const ledger = open("a");
    auto const begun = clock.now();
    auto const other = lock();
    BOOST_TEST((ask(*ledger, 1).what == Grant::What::unavailable));
    BOOST_TEST((clock.now() - begun >= 30s && clock.now() - begun < 31s));
    BOOST_TEST(ledger->failure().code);
    BOOST_TEST((ask(*ledger, 2).what == Grant::What::unavailable));
    BOOST_TEST((clock.now() - begun < 31s)); // it is waited for once
}

BOOST_FIXTURE_TEST_CASE(what_is_noted_while_the_file_is_locked_comes_first_afterwards,
                        StoreFixture) {
    auto const a = open("a");
    auto const b = open("b");
    auto const step = sha256("1");
    BOOST_TEST((ask(*a, 1).what == Grant::What::go));
    BOOST_TEST((ask(*b, 1).what == Grant::What::go));
    {
        auto const other = lock();
        a->name(step, "t");
        a->lose(step);
    }
    clock.skip(1s);
    BOOST_TEST((run(a->settle(step, engine::LastWord::paid, "u")) == engine::Entered::done));
    BOOST_TEST((run(b->adopt(step, "t")) == engine::Entered::taken));
}

BOOST_FIXTURE_TEST_CASE(what_was_noted_last_is_kept_at_the_end, StoreFixture) {
    auto a = open("a");
    auto const b = open("b");
    auto const step = sha256("1");
    BOOST_TEST((ask(*a, 1).what == Grant::What::go));
    BOOST_TEST((ask(*b, 1).what == Grant::What::go));
    {
        auto const other = lock();
        a->name(step, "t");
    }
    a.reset();
    BOOST_TEST((run(b->adopt(step, "t")) == engine::Entered::taken));
}

/// The first runs of a host begin at once: each uses the one file that one of them makes.
BOOST_FIXTURE_TEST_CASE(processes_at_once_make_one_file, StoreFixture) {
    constexpr int processes = 6;
    for (int round = 0; round < 40; ++round) {
        path = folder / fmt::format("ledger-{}.db", round);
        std::array<int, 2> start{};
        BOOST_REQUIRE(::pipe(start.data()) == 0);
        for (int process = 0; process < processes; ++process) {
            if (::fork() != 0) continue;
            ::close(start[1]);
            char byte = 0;
            if (::read(start[0], &byte, 1) != 0) ::_exit(2);
            auto ledger = SqliteLedger::open(clock, options_of(fmt::format("run {}", process)));
            if (ledger.has_error()) std::fprintf(stderr, "%s\n", ledger.error().message().c_str());
            if (ledger.has_error()) ::_exit(1);
            bool const is_first = !(*ledger)->has_replaced() && !(*ledger)->was_rebuilt();
            bool const goes = ask(**ledger, process).what == Grant::What::go;
            ledger->reset();
            ::_exit(is_first && goes ? 0 : 3);
        }
        ::close(start[0]);
        ::close(start[1]);
        for (int process = 0; process < processes; ++process) {
            int status = 0;
            ::wait(&status);
            BOOST_TEST(WIFEXITED(status));
            BOOST_TEST(WEXITSTATUS(status) == 0);
        }
    }
}

/// Real processes take places at once: as many as there are, and no more.
BOOST_FIXTURE_TEST_CASE(processes_at_once_take_no_place_twice, StoreFixture) {
    constexpr int processes = 4;
    constexpr int steps = 50;
    constexpr int places = 60;
    open("first").reset();
    for (int process = 0; process < processes; ++process) {
        if (::fork() != 0) continue;
        int taken = 0;
        auto const ledger = open(fmt::format("run {}", process));
        for (int step = 0; step < steps; ++step)
            taken += ask(*ledger, step, places).what == Grant::What::go ? 1 : 0;
        ::_exit(taken);
    }
    int taken = 0;
    for (int process = 0; process < processes; ++process) {
        int status = 0;
        ::wait(&status);
        BOOST_TEST(WIFEXITED(status));
        taken += WEXITSTATUS(status);
    }
    BOOST_TEST(taken == places);
}

} // namespace darkroom::ledger
