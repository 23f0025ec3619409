// What people changed about a run: the list, and its form on disk.
#include "runner/report/run_changes.hpp"

#include "runner/base/time_text.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

using namespace darkroom;
using namespace darkroom::report;

namespace {

WallTime change_time(int second) {
    return parse_rfc3339(fmt::format("2026-11-28T14:02:{:02}.000Z", second)).value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(run_changes)

BOOST_AUTO_TEST_CASE(a_change_is_listed_once_with_its_last_time) {
    RunChanges changes;
    BOOST_TEST(changes_text(changes) == "");
    changes.add(change_time(1), "paused");
    changes.set(change_time(2), "limits.rate", "2/s");
    changes.set(change_time(3), "limits.rate", "30/min");
    changes.add(change_time(4), "paused");
    BOOST_TEST(changes_text(changes) == "Changed by hand: limits.rate=30/min; paused");
    BOOST_TEST(changes.has("paused"));
    changes.remove("paused");
    BOOST_TEST(!changes.has("paused"));
    BOOST_TEST(changes_text(changes) == "Changed by hand: limits.rate=30/min");
}

// Stored: a later version must read these.
BOOST_AUTO_TEST_CASE(changes_have_their_form_on_disk) {
    RunChanges changes;
    changes.add(change_time(1), "cars/\"1\" cancelled");
    auto const text = to_text(changes);
    BOOST_TEST(text == R"([{"at":"2026-11-28T14:02:01.000Z","what":"cars/\"1\" cancelled"}])");
    BOOST_TEST(to_text(read_run_changes(text)) == text);
    for (auto const* none : {"", "{}", "[1]", R"([{"at":"now","what":"x"}])", "[{}]"})
        BOOST_TEST(read_run_changes(none).all().empty(), none);
}

BOOST_AUTO_TEST_CASE(their_number_has_a_limit) {
    RunChanges changes;
    for (std::size_t i = 0; i < RunChanges::changes_max; ++i)
        BOOST_REQUIRE(changes.add(change_time(1), fmt::format("cars/{} cancelled", i)));
    BOOST_TEST(!changes.add(change_time(1), "cars/x cancelled"));
    BOOST_TEST(changes.add(change_time(2), "cars/0 cancelled")); // it is there already
    BOOST_TEST(changes.add(change_time(3), std::string(paused_change)));
}

BOOST_AUTO_TEST_CASE(a_change_is_printed_without_control_characters) {
    RunChanges changes;
    changes.add(change_time(1), "a\x1b[31m");
    BOOST_TEST(changes_text(changes).find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
