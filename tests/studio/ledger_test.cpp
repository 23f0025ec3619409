// The ledger counts requests, charges and downloads.
#include "runner/studio/tasks/ledger.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::studio;

BOOST_AUTO_TEST_SUITE(ledger)

BOOST_AUTO_TEST_CASE(an_entry_follows_its_task) {
    Ledger ledger;
    ledger.accepted("t1", json::read(R"({"prompt": "x", "action": "generate"})").value());
    ledger.accepted("t2", json::read("{}").value());
    ledger.charged("t1");
    ledger.answered("t1");
    ledger.failed("t2");
    ledger.served("t1", 100, true);
    ledger.served("t1", 40, false);
    BOOST_TEST(ledger.totals().accepted == 2u);
    BOOST_TEST(ledger.totals().charged == 1u);
    BOOST_TEST(ledger.totals().failed == 1u);
    BOOST_TEST(ledger.totals().files == 1u);
    BOOST_TEST(ledger.totals().file_bytes == 140u);
    auto const& first = ledger.entries().at(0);
    BOOST_TEST(first.request == R"({"action":"generate","prompt":"x"})"); // keys sorted
    BOOST_TEST(first.charges == 1u);
    BOOST_TEST(first.answered);
    BOOST_TEST(first.downloads == 1u);
    BOOST_TEST(!ledger.entries().at(1).answered);
    BOOST_TEST(ledger.entries().at(1).failed);
}

BOOST_AUTO_TEST_CASE(a_huge_body_is_kept_as_its_hash) {
    Ledger ledger;
    json::Value body;
    body.set("mask", std::string(10'000, 'A'));
    ledger.accepted("t", body);
    BOOST_TEST(ledger.entries().at(0).request.starts_with("sha256:"));
    BOOST_TEST(ledger.entries().at(0).request.size() == 71u);
}

BOOST_AUTO_TEST_CASE(requests_are_counted_by_path_and_status) {
    Ledger ledger;
    ledger.asked("/midjourney/imagine", 200);
    ledger.asked("/midjourney/imagine", 429);
    ledger.asked("/files", 200);
    BOOST_TEST(ledger.requests("/midjourney/imagine") == 2u);
    BOOST_TEST(ledger.requests("/midjourney/tasks") == 0u);
    BOOST_TEST(json::write(*ledger.to_json().find("requests")) ==
               R"({"/files":{"200":1},"/midjourney/imagine":{"200":1,"429":1}})");
}

BOOST_AUTO_TEST_CASE(the_oldest_entries_go_the_sums_stay) {
    Ledger ledger;
    json::Value const body{json::Object()};
    for (int i = 0; i < 200'003; ++i) ledger.accepted("t" + std::to_string(i), body);
    BOOST_TEST(ledger.entries().size() == 200'000u);
    BOOST_TEST(ledger.entries().front().task_id == "t3");
    BOOST_TEST(ledger.totals().accepted == 200'003u);
    ledger.charged("t0"); // forgotten: only the sum knows
    ledger.charged("t3");
    ledger.charged("t200002");
    BOOST_TEST(ledger.entries().front().charges == 1u);
    BOOST_TEST(ledger.entries().back().charges == 1u);
    BOOST_TEST(ledger.totals().charged == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
