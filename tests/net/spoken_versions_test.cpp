// Which version a new connection speaks, after what came of the others.
#include "runner/net/spoken_versions.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace darkroom::net {

using namespace std::chrono_literals;

namespace {

/// Something happens `at` after the begin; a failed connection was begun `old` before.
struct Act {
    enum class What { lost, silent, broken, spoken, chosen, opened } what;
    Duration at;
    Duration old = 0s;
};
using What = Act::What;

/// After all of it, whether a connection at `at` gets HTTP/1.1; and the number of reports.
struct Row {
    char const* name;
    std::vector<Act> acts;
    Duration at;
    bool is_held;
    int reports;
};

Row const rows[] = {
    {"nothing", {}, 0s, false, 0},
    {"one is lost", {{What::lost, 0s}}, 0s, false, 0},
    {"two are lost", {{What::lost, 0s}, {What::lost, 1s}}, 1s, false, 0},
    {"three are lost", {{What::lost, 0s}, {What::lost, 1s}, {What::lost, 2s}}, 2s, true, 1},
    {"one speaks between",
     {{What::lost, 0s}, {What::lost, 1s}, {What::spoken, 2s}, {What::lost, 3s}, {What::lost, 4s}},
     4s,
     false,
     0},
    {"four at one moment",
     {{What::lost, 5s, 5s}, {What::lost, 5s, 4s}, {What::lost, 5s, 3s}, {What::lost, 6s, 5s}},
     6s,
     false,
     0},
    {"the pause", {{What::silent, 0s}}, 59s, true, 1},
    {"after the pause", {{What::silent, 0s}}, 60s, false, 1},
    {"one tries after the pause", {{What::silent, 0s}, {What::opened, 60s}}, 119s, true, 1},
    {"what became of it is not known", {{What::silent, 0s}, {What::opened, 60s}}, 120s, false, 1},
    {"it speaks", {{What::silent, 0s}, {What::opened, 60s}, {What::spoken, 61s}}, 61s, false, 1},
    {"it is lost", {{What::silent, 0s}, {What::opened, 60s}, {What::lost, 61s}}, 180s, true, 1},
    {"the second pause ends",
     {{What::silent, 0s}, {What::opened, 60s}, {What::lost, 61s}},
     181s,
     false,
     1},
    {"it has spoken since",
     {{What::silent, 0s}, {What::spoken, 60s}, {What::lost, 61s}},
     61s,
     false,
     1},
    {"it chooses the other", {{What::silent, 0s}, {What::chosen, 60s}}, 60s, false, 1},
    {"rules are broken", {{What::broken, 0s}}, 24h, true, 1},
    {"broken twice", {{What::broken, 0s}, {What::broken, 1s}}, 24h, true, 1},
    {"broken after a pause", {{What::silent, 0s}, {What::broken, 60s}}, 24h, true, 2},
};

/// Returns whether it is reported.
bool happens(SpokenVersions& versions, std::string const& origin, Act const& act, Time begin) {
    Time const at = begin + act.at;
    switch (act.what) {
    case What::lost: return versions.note_lost(origin, at - act.old, at);
    case What::silent: return versions.note_silent(origin, at - act.old, at);
    case What::broken: return versions.note_broken(origin);
    case What::spoken: versions.note_spoken(origin); break;
    case What::chosen: versions.note_chosen_http1(origin); break;
    case What::opened: versions.hold(origin, at); break;
    }
    return false;
}

} // namespace

BOOST_AUTO_TEST_SUITE(spoken_versions)

BOOST_AUTO_TEST_CASE(accidents_lead_to_a_pause_and_broken_rules_to_the_other_version) {
    Time const begin{100h};
    std::string const origin = "https://api.test";
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            SpokenVersions versions;
            int reports = 0;
            for (auto const& act : row.acts) reports += happens(versions, origin, act, begin);
            BOOST_TEST(reports == row.reports);
            BOOST_TEST(versions.is_held(origin, begin + row.at) == row.is_held);
            BOOST_TEST(versions.hold(origin, begin + row.at) == row.is_held);
            BOOST_TEST(!versions.is_held("https://other.test", begin + row.at));
        }
    }
}

BOOST_AUTO_TEST_CASE(pauses_grow_up_to_a_limit) {
    Time now{100h};
    std::string const origin = "https://api.test";
    SpokenVersions versions;
    for (auto const pause : {1min, 2min, 4min, 8min, 16min, 16min}) {
        versions.note_silent(origin, now, now);
        BOOST_TEST(versions.is_held(origin, now + pause - 1ns));
        BOOST_TEST(!versions.is_held(origin, now + pause));
        now += pause;
    }
}

BOOST_AUTO_TEST_CASE(what_a_server_has_spoken_is_remembered) {
    std::string const origin = "https://api.test";
    SpokenVersions versions;
    BOOST_TEST(!versions.has_spoken(origin));
    BOOST_TEST(!versions.has_chosen_http1(origin));
    versions.note_spoken(origin);
    BOOST_TEST(versions.has_spoken(origin));
    versions.note_chosen_http1(origin);
    BOOST_TEST(versions.has_chosen_http1(origin));
    BOOST_TEST(versions.has_spoken(origin));
    versions.note_spoken(origin);
    BOOST_TEST(!versions.has_chosen_http1(origin));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::net
