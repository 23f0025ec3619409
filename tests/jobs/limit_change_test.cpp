// Limits that change while a run is at work.
#include "jobs/read/limit_change.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom::jobs;

BOOST_AUTO_TEST_CASE(a_limit_changes_and_the_others_stay) {
    Limits limits;
    limits.concurrency = 7;
    limits.rate = 3;
    BOOST_TEST(change_limit(limits, "limits.rate", "30/min") == "");
    BOOST_TEST(limits.rate == 0.5);
    BOOST_TEST(limits.concurrency == 7);
    BOOST_TEST(change_limit(limits, "limits.concurrency", "12") == "");
    BOOST_TEST(limits.concurrency == 12);
    BOOST_TEST(limits.rate == 0.5);
}

BOOST_AUTO_TEST_CASE(what_is_no_limit_changes_nothing_and_says_why) {
    struct Row {
        char const* path;
        char const* value;
        char const* why;
    };
    Row const rows[] = {
        {"limits.rate", "fast", "'rate' needs a rate above zero"},
        {"limits.rate", "", "'rate' needs a rate above zero"},
        {"limits.rate", "0/s", "'rate' needs a rate above zero"},
        {"limits.concurrency", "0", "'concurrency' needs"},
        {"limits.concurrency", "10001", "'concurrency' needs"},
        {"limits.concurrency", "2.5", "'concurrency' needs"},
        {"limits.downloads", "2", "limits.rate and limits.concurrency can"},
        {"rate", "2/s", "limits.rate and limits.concurrency can"},
        {"", "2/s", "limits.rate and limits.concurrency can"},
    };
    for (auto const& row : rows) {
        Limits limits;
        auto const why = change_limit(limits, row.path, row.value);
        BOOST_TEST(why.find(row.why) != std::string::npos, why);
        BOOST_TEST(limits.rate == Limits().rate);
        BOOST_TEST(limits.concurrency == Limits().concurrency);
    }
}
