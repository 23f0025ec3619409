// The history of a run directory: counts, steps, images and failures as rows.
#include "runner/store/run_history.hpp"

#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;
using engine::Phase;

namespace {

/// Two finished steps, one of them without its image; one failed, one open and one wanted again.
struct HistoryFixture : LoopFixture {
    HistoryFixture() {
        auto const paid = [](int step) {
            return std::vector{submitted(step), finished(step), saved(step, file_of(step))};
        };
        record(paid(1));
        record({submitted(2), finished(2), failed(2, engine::Verdict::download, true)});
        record({submitted(3), failed(3, engine::Verdict::rejected, true)});
        record({submitted(4), accepted(4, "task-4")});
        record({submitted(5), failed(5, engine::Verdict::generation, false)});
    }

    void record(std::vector<engine::Event> const& events) {
        for (auto const& event : events) must(run(journal->append(event)));
    }
    static std::string file_of(int step) { return "images/" + std::to_string(step) + ".png"; }

    /// The items of the rows that a walk gives.
    template <class Row>
    static std::function<Result<>(Row const&)> into(std::vector<Row>& rows) {
        return [&rows](Row const& row) -> Result<> {
            rows.push_back(row);
            return {};
        };
    }

    TempDirectory directory;
    std::string path = directory / "journal.db";
    std::unique_ptr<SqliteJournal> journal = must(SqliteJournal::open(executor(), path));
    RunHistory history = must(RunHistory::open(path));
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(run_history, HistoryFixture)

BOOST_AUTO_TEST_CASE(steps_and_money_are_counted) {
    auto const counts = must(history.counts());
    BOOST_TEST(counts.of(Phase::finished) == 2);
    BOOST_TEST(counts.of(Phase::failed) == 1);
    BOOST_TEST(counts.of(Phase::open) == 1);
    BOOST_TEST(counts.of(Phase::wanted) == 1);
    BOOST_TEST(counts.of(Phase::skipped) == 0);
    BOOST_TEST(counts.gave_up == 2);
    auto const totals = counts.totals();
    BOOST_TEST(totals.paid == 2);
    BOOST_TEST(totals.cost == 52'000);
    BOOST_TEST(totals.open == 1);
    BOOST_TEST(totals.open_price == 26'000);
    BOOST_TEST(must(history.count_images()) == 1);
    BOOST_TEST(must(history.paid_by_account()).at("main").cost == 52'000);
}

BOOST_AUTO_TEST_CASE(a_step_is_a_row_and_its_facts_are_a_state) {
    auto const row = must(history.find(step_number(1))).value();
    BOOST_TEST((row.key == step_number(1)));
    BOOST_TEST((row.phase == Phase::finished));
    BOOST_TEST(row.images == 1);
    BOOST_TEST(row.price == 26'000);
    BOOST_TEST(!row.gave_up);
    BOOST_TEST(must(history.find(step_number(2))).value().gave_up);
    BOOST_TEST(must(history.find(step_number(4))).value().unsettled);
    BOOST_TEST(!must(history.find(step_number(6))).has_value());
    BOOST_TEST(must(history.state_of(step_number(1))).saved.front().file == file_of(1));
    BOOST_TEST((must(history.state_of(step_number(6))).phase == Phase::wanted));
}

BOOST_AUTO_TEST_CASE(a_snapshot_of_many_steps_has_the_same_rows) {
    auto const key_of = [](std::uint64_t i) {
        Digest key{};
        for (std::size_t byte = 0; byte < 4; ++byte)
            key[byte] = static_cast<unsigned char>(i * 2'654'435'761 >> 8 * byte);
        return key;
    };
    auto database = must(Database::open(path, Database::Mode::create));
    must(database.execute("BEGIN"));
    auto insert = must(database.prepare(
        "INSERT INTO steps(key, phase, gave_up, price, images, unsettled, last_seq) "
        "VALUES(?1, 2, 0, ?2 % 300, ?2 % 400, 0, 0)"));
    for (std::int64_t i = 1; i <= 10'001; ++i) {
        auto const key = key_of(static_cast<std::uint64_t>(i));
        must(insert.bind(1, key).bind(2, i).run());
    }
    must(database.execute("COMMIT"));
    auto snapshot = must(RunHistory::open_snapshot(path));
    for (int step = 1; step <= 6; ++step) {
        auto const row = must(history.find(step_number(step)));
        auto const same = must(snapshot.find(step_number(step)));
        BOOST_REQUIRE(row.has_value() == same.has_value());
        BOOST_TEST((!row || (same->phase == row->phase && same->gave_up == row->gave_up &&
                             same->unsettled == row->unsettled && same->price == row->price &&
                             same->images == row->images)));
    }
    for (std::uint64_t i = 1; i <= 10'001; ++i) {
        auto const row = must(snapshot.find(key_of(i)));
        BOOST_REQUIRE(row.has_value());
        BOOST_REQUIRE(row->images == static_cast<int>(i % 400));
        BOOST_REQUIRE(row->price == static_cast<jobs::Micros>(i % 300));
        BOOST_REQUIRE((row->phase == Phase::finished && !row->gave_up && !row->unsettled));
    }
}

BOOST_AUTO_TEST_CASE(a_snapshot_stays_as_it_was) {
    auto snapshot = must(RunHistory::open_snapshot(path));
    BOOST_TEST(must(snapshot.counts()).of(Phase::open) == 1);
    record({submitted(6), accepted(6, "task-6")});
    BOOST_TEST(must(snapshot.counts()).of(Phase::open) == 1);
    BOOST_TEST(!must(snapshot.find(step_number(6))).has_value());
    BOOST_TEST(must(history.counts()).of(Phase::open) == 2);
}

BOOST_AUTO_TEST_CASE(images_come_in_the_order_of_the_manifest_with_every_column) {
    record({submitted(6), finished(6), saved(6, file_of(6)), saved(6, "images/6-tile2.png", 2)});
    record({saved(1, "images/1-again.png")});
    std::vector<engine::ManifestRow> rows;
    must(history.for_each_image(into(rows)));
    BOOST_REQUIRE(rows.size() == 3u);
    BOOST_TEST(rows[0].file == file_of(6));
    BOOST_TEST(rows[0].tile == 0);
    BOOST_TEST(rows[1].tile == 2);
    auto const& row = rows[2];
    BOOST_TEST(row.file == "images/1-again.png");
    BOOST_TEST((row.key == step_number(1)));
    BOOST_TEST(row.job == "cars");
    BOOST_TEST(row.item == 1u);
    BOOST_TEST(row.kind == "image");
    BOOST_TEST(!row.result.has_value());
    BOOST_TEST(row.variables.front().second == "Ferrari");
    BOOST_TEST(row.prompt == "a car, number 1");
    BOOST_TEST(row.image_id == "1300000000000001");
    BOOST_TEST(row.actions.size() == 2u);
    BOOST_TEST(row.bytes == 1234u);
    BOOST_TEST(row.account == "main");
    BOOST_TEST(row.attempts == 1);
    BOOST_TEST(row.cost == 26'000);
}

BOOST_AUTO_TEST_CASE(failures_say_if_they_are_paid_and_open_steps_are_apart) {
    std::vector<engine::FailedRow> rows;
    must(history.for_each_failed(into(rows)));
    BOOST_REQUIRE(rows.size() == 2u);
    BOOST_TEST(rows[0].item == 2u);
    BOOST_TEST(rows[0].is_paid);
    BOOST_TEST(rows[0].task_id == "task-2");
    BOOST_TEST(rows[1].item == 3u);
    BOOST_TEST(!rows[1].is_paid);
    BOOST_TEST((rows[1].problem.verdict == engine::Verdict::rejected));
    rows.clear();
    must(history.for_each_open(into(rows)));
    BOOST_REQUIRE(rows.size() == 1u);
    BOOST_TEST(rows[0].item == 4u);
    BOOST_TEST(rows[0].task_id == "task-4");
}

BOOST_AUTO_TEST_CASE(a_callbacks_error_ends_a_walk_and_is_returned) {
    int rows = 0;
    auto const stop = [&rows](engine::FailedRow const&) -> Result<> {
        ++rows;
        return Error(make_error_code(boost::system::errc::operation_canceled), "enough");
    };
    BOOST_TEST(history.for_each_failed(stop).error().detail == "enough");
    BOOST_TEST(rows == 1);
}

// Stored: these numbers are in journals.
BOOST_AUTO_TEST_CASE(every_phase_has_its_number) {
    std::pair<Phase, int> const rows[] = {{Phase::wanted, 0},
                                          {Phase::open, 1},
                                          {Phase::finished, 2},
                                          {Phase::failed, 3},
                                          {Phase::skipped, 4}};
    for (auto const& [phase, number] : rows) {
        BOOST_TEST(phase_number(phase) == number);
        BOOST_TEST((must(phase_numbered(number)) == phase));
    }
    for (auto const number : {-1, 5, 256}) BOOST_TEST(phase_numbered(number).has_error(), number);
}

BOOST_AUTO_TEST_SUITE_END()
