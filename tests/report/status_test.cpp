// The state of a run directory: the object of `status --json`, and the text for a person.
#include "runner/report/status.hpp"

#include "tests/report/fake_history.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::report;
using engine::Phase;

namespace {

engine::FailedRow failed_row(std::uint64_t item, engine::Verdict verdict, bool is_paid = false) {
    engine::FailedRow row;
    row.job = "cars";
    row.item = item;
    row.path = "upscale1";
    row.problem.verdict = verdict;
    row.problem.code = "some_code";
    row.problem.message = "a message";
    row.problem.trace_id = "trace";
    row.is_paid = is_paid;
    return row;
}

Status status_of(test::FakeHistory& history) {
    auto const status = read_status(history, "out/cars");
    BOOST_REQUIRE(!status.has_error());
    return *status;
}

} // namespace

BOOST_AUTO_TEST_SUITE(status)

BOOST_AUTO_TEST_CASE(an_empty_directory_has_zeros) {
    test::FakeHistory history;
    auto const empty = status_of(history);
    BOOST_TEST(json::write(to_json(empty)) ==
               R"({"directory":"out/cars","steps":{"done":0,"failed":0,"skipped":0,"unknown":0,)"
               R"("pending":0},"waiting":0,"images":0,"paid":0,"cost":0,"troubles":[]})");
    BOOST_TEST(status_text(empty) == "out/cars: 0 steps done\n"
                                     "0 images; 0 generations paid, 0.00\n");
}

BOOST_AUTO_TEST_CASE(every_count_and_every_trouble_is_in_it) {
    test::FakeHistory history;
    history.set(Phase::finished, 7, 182'000);
    history.set(Phase::failed, 1);
    history.set(Phase::skipped, 2);
    history.set(Phase::open, 1, 26'000);
    history.set(Phase::wanted, 3);
    history.step_counts.gave_up = 2;
    history.images = 6;
    history.failed = {failed_row(1, engine::Verdict::rejected),
                      failed_row(2, engine::Verdict::download, true)};
    history.open = {failed_row(3, engine::Verdict::unknown)};
    history.accounts = {{"", {3, 78'000, 0, 0}}, {"b", {4, 104'000, 0, 0}}};
    auto found = status_of(history);
    found.waiting = 2;
    auto const trouble = [](std::string const& item, std::string const& state,
                            std::string const& verdict) {
        return R"({"step":"cars/)" + item + R"(/upscale1","state":")" + state + R"(","class":")" +
               verdict + R"(","code":"some_code","message":"a message","trace_id":"trace"})";
    };
    BOOST_TEST(json::write(to_json(found)) ==
               R"({"directory":"out/cars","steps":{"done":7,"failed":1,"skipped":2,"unknown":1,)"
               R"("pending":3},"waiting":2,"images":6,"paid":7,"cost":0.182,"troubles":[)" +
                   trouble("1", "failed", "rejected") + "," +
                   trouble("2", "image missing", "download") + "," +
                   trouble("3", "unknown", "unknown") +
                   R"(],"accounts":[{"name":null,"paid":3,"cost":0.078},)"
                   R"({"name":"b","paid":4,"cost":0.104}]})");
    auto const line = [](std::string const& item, std::string const& state,
                         std::string const& verdict) {
        return "  cars/" + item + "/upscale1  " + state + "  " + verdict +
               ", some_code: a message [trace trace]\n";
    };
    BOOST_TEST(status_text(found) ==
               "out/cars: 7 steps done, 1 failed, 2 skipped, 1 open or unknown, 3 to be tried "
               "again\n"
               "6 images; 7 generations paid, 0.182\n"
               "  the account without a name: 3 generations paid, 0.078\n"
               "  account 'b': 4 generations paid, 0.104\n"
               "2 branches waiting for picks: 'darkroom pick out/cars' shows what\n" +
                   line("1", "failed", "rejected") + line("2", "image missing", "download") +
                   line("3", "unknown", "unknown") +
                   "'darkroom retry out/cars' tries the failed ones again.\n");
}

BOOST_AUTO_TEST_CASE(the_account_without_a_name_alone_is_not_listed) {
    test::FakeHistory history;
    history.accounts = {{"", {3, 78'000, 0, 0}}};
    BOOST_TEST(!status_of(history).has_named_accounts());
    history.accounts = {{"a", {3, 78'000, 0, 0}}};
    BOOST_TEST(status_of(history).has_named_accounts());
}

BOOST_AUTO_TEST_CASE(more_than_fifty_troubles_are_counted) {
    test::FakeHistory history;
    for (std::uint64_t item = 0; item < 60; ++item)
        history.failed.push_back(failed_row(item, engine::Verdict::rejected));
    history.step_counts.gave_up = 60;
    auto const found = status_of(history);
    BOOST_TEST(found.troubled.size() == 50u);
    BOOST_TEST(status_text(found).find("  and 10 more\n") != std::string::npos);
}

// Printed for scripts: these names never change.
BOOST_AUTO_TEST_CASE(every_trouble_has_its_name) {
    BOOST_TEST(name_of(Trouble::failed) == "failed");
    BOOST_TEST(name_of(Trouble::unknown) == "unknown");
    BOOST_TEST(name_of(Trouble::image_missing) == "image missing");
}

BOOST_AUTO_TEST_SUITE_END()
