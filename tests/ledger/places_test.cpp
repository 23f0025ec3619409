// How long a process that has died keeps its places in the store.
#include "runner/ledger/sqlite_ledger.hpp"
#include "tests/support/io_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <unistd.h>

namespace darkroom::ledger {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using engine::Grant;

namespace {

struct PlacesFixture : darkroom::test::IoFixture {
    PlacesFixture() {
        fs::remove_all(folder);
        fs::create_directories(folder);
    }
    ~PlacesFixture() { fs::remove_all(folder); }

    std::unique_ptr<SqliteLedger> begin(int process) {
        LedgerOptions options;
        options.path = folder / "ledger.db";
        options.run = fmt::format("run {}", process);
        options.gathering = {};
        options.holder = {process, 1, "boot"};
        options.is_alive = [this](Holder const& holder) { return !dead.contains(holder.pid); };
        return SqliteLedger::open(clock, std::move(options)).value();
    }
    bool goes(engine::Ledger& ledger, int step) {
        engine::GrantRequest request;
        request.step = sha256(std::to_string(step));
        request.nonce = ++nonce;
        request.identity = identity;
        request.places = 1;
        return run(ledger.grant(std::move(request))).what == Grant::What::go;
    }
    void end_after(engine::Ledger& ledger, int step, Duration time) {
        clock.skip(time);
        ledger.note_paid(sha256(std::to_string(step)), fmt::format("task {}", step));
    }

    static constexpr char const* identity = "https://api.example.org#1";
    fs::path folder = fs::temp_directory_path() / fmt::format("darkroom-places-{}", ::getpid());
    std::set<std::int64_t> dead;
    std::uint64_t nonce = 0;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(places, PlacesFixture)

BOOST_AUTO_TEST_CASE(a_dead_request_runs_no_longer_than_twice_the_longest_one) {
    auto const first = begin(1);
    for (int step : {1, 2}) {
        BOOST_TEST(goes(*first, step));
        end_after(*first, step, step == 1 ? 10s : 4s);
    }
    BOOST_TEST(goes(*first, 3));
    dead.insert(1);
    auto const second = begin(2);
    clock.skip(24s);
    BOOST_TEST(!goes(*second, 4));
    auto const who = run(second->places_taken_by(identity));
    BOOST_TEST(who.starts_with("runs that were killed have 1, until "), who);
    clock.skip(2s);
    BOOST_TEST(goes(*second, 4));
    BOOST_TEST(run(second->places_taken_by(identity)) == "");
}

BOOST_AUTO_TEST_CASE(where_no_request_has_ended_yet_the_longest_time_holds) {
    auto const first = begin(1);
    BOOST_TEST(goes(*first, 1));
    dead.insert(1);
    auto const second = begin(2);
    clock.skip(14min);
    BOOST_TEST(!goes(*second, 2));
    clock.skip(61s);
    BOOST_TEST(goes(*second, 2));
}

BOOST_AUTO_TEST_CASE(a_process_at_work_keeps_its_places) {
    auto const first = begin(1);
    BOOST_TEST(goes(*first, 1));
    end_after(*first, 1, 10s);
    BOOST_TEST(goes(*first, 2));
    auto const second = begin(2);
    clock.skip(10min);
    BOOST_TEST(!goes(*second, 3));
    BOOST_TEST(run(second->places_taken_by(identity)) == "process 1 has 1");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::ledger
