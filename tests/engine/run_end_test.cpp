#include "runner/engine/run_end.hpp"

#include <boost/test/unit_test.hpp>

#include <string_view>
#include <utility>

namespace darkroom::engine {

BOOST_AUTO_TEST_SUITE(run_end)

BOOST_AUTO_TEST_CASE(every_end_has_its_name) {
    std::pair<RunEnd, std::string_view> const ends[] = {
        {RunEnd::all_done, "all_done"},
        {RunEnd::some_failed, "some_failed"},
        {RunEnd::budget_spent, "budget_spent"},
        {RunEnd::account_empty, "account_empty"},
        {RunEnd::too_many_failures, "too_many_failures"},
        {RunEnd::account_refused, "account_refused"},
        {RunEnd::interrupted, "interrupted"},
        {RunEnd::disk_failed, "disk_failed"},
        {RunEnd::input_failed, "input_failed"},
        {RunEnd::no_room, "no_room"},
        {RunEnd::ledger_failed, "ledger_failed"},
        {RunEnd::ledger_away, "ledger_away"},
        {RunEnd::shard_taken, "shard_taken"},
        {RunEnd::wrong_http, "wrong_http"},
    };
    for (auto const& [end, name] : ends) BOOST_TEST(name_of(end) == name);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::engine
