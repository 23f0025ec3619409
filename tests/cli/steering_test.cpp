// Which steps a cancelled branch has.
#include "runner/cli/steering.hpp"

#include "tests/cli/cli_fixture.hpp"

using namespace darkroom;
using namespace darkroom::cli;

BOOST_AUTO_TEST_CASE(a_branch_is_a_step_and_all_below_it) {
    struct Row {
        char const* pattern;
        char const* step;
        bool fits;
    };
    Row const rows[] = {
        {"cars/1", "cars/1", true},
        {"cars/1", "cars/1/upscale4", true},
        {"cars/1", "cars/1/variation2/upscale4", true},
        {"cars/1", "cars/12", false},
        {"cars/1", "cars/1#2", false},
        {"cars/1/upscale4", "cars/1", false},
        {"cars/1/upscale4", "cars/1/upscale4", true},
        {"cars/1/upscale4", "cars/1/upscale3", false},
        {"cars", "cars/1", true},
        {"cars/*", "cars/7/reroll", true},
        {"*/7", "boats/7/reroll", true},
        {"cars/*/upscale*", "cars/7/upscale1", true},
        {"cars/*/upscale*", "cars/7", false},
        {"", "cars/7", false},
    };
    for (auto const& row : rows)
        BOOST_TEST(fits_branch(row.pattern, row.step) == row.fits, row.pattern << " " << row.step);
}
