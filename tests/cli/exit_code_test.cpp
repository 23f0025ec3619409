// The exit codes: scripts depend on their numbers.
#include "runner/cli/exit_code.hpp"

#include "runner/store/error.hpp"
#include "tests/cli/cli_fixture.hpp"

using namespace darkroom;
using namespace darkroom::cli;

BOOST_AUTO_TEST_SUITE(exit_code)

BOOST_AUTO_TEST_CASE(every_end_of_a_run_has_its_number) {
    using engine::RunEnd;
    std::pair<RunEnd, int> const rows[] = {
        {RunEnd::all_done, 0},      {RunEnd::some_failed, 2},       {RunEnd::budget_spent, 3},
        {RunEnd::account_empty, 3}, {RunEnd::too_many_failures, 4}, {RunEnd::account_refused, 5},
        {RunEnd::interrupted, 7},   {RunEnd::input_failed, 65},     {RunEnd::disk_failed, 74},
        {RunEnd::no_room, 74},      {RunEnd::ledger_failed, 78},    {RunEnd::ledger_away, 75},
        {RunEnd::shard_taken, 6},   {RunEnd::wrong_http, 65},
    };
    for (auto const& [end, number] : rows)
        BOOST_TEST(static_cast<int>(exit_code_of(end)) == number);
}

BOOST_AUTO_TEST_CASE(every_error_of_a_run_directory_has_its_number) {
    std::pair<store::Errc, int> const rows[] = {
        {store::Errc::locked, 6},         {store::Errc::bad_layout, 65},
        {store::Errc::went_back, 78},     {store::Errc::foreign_journal, 74},
        {store::Errc::newer_journal, 74}, {store::Errc::damaged_journal, 74}};
    for (auto const& [error, number] : rows)
        BOOST_TEST(static_cast<int>(exit_code_of_store(Error(error, ""))) == number);
}

BOOST_AUTO_TEST_SUITE_END()
