#include "runner/engine/tiles.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::engine {

namespace {

struct Case {
    char const* name;
    char const* action;
    char const* request;
    std::vector<std::string> actions;
    std::vector<std::string> given;
    std::vector<std::string> then;
};

std::vector<std::string> const grid{"upscale1", "reroll"};
std::vector<std::string> const single{"upscale_2x"};
char const* const split = R"({"prompt":"boats","split_images":true})";

Case const cases[] = {
    {"all", "generate", split, grid, {"a", "b", "c", "d"}, {"a", "b", "c", "d"}},
    {"a gap", "generate", split, grid, {"a", "", "c", "d"}, {"a", "", "c", "d"}},
    {"fewer", "generate", split, grid, {"a"}, {"a", "", "", ""}},
    {"none", "generate", split, grid, {}, {"", "", "", ""}},
    {"no actions named", "generate", split, {}, {"a"}, {"a", "", "", ""}},
    {"no grid", "upscale1", split, single, {}, {}},
    {"not asked", "generate", R"({"prompt":"boats"})", grid, {}, {}},
    {"switched off", "generate", R"({"split_images":false})", grid, {}, {}},
    {"no request", "generate", "", grid, {}, {}},
    {"unasked", "generate", "{}", grid, {"a", "b"}, {"a", "b"}},
    {"more", "generate", "{}", grid, {"a", "b", "c", "d", "e", "f"}, {"a", "b", "c", "d", "e"}},
};

} // namespace

BOOST_AUTO_TEST_CASE(every_tile_that_was_asked_for_has_its_place) {
    for (auto const& row : cases) {
        BOOST_TEST_CONTEXT(row.name) {
            StepInfo info;
            info.action = row.action;
            info.request = row.request;
            Answer answer;
            answer.actions = row.actions;
            answer.sub_urls = row.given;
            complete_tiles(info, answer);
            BOOST_TEST(answer.sub_urls == row.then, boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_video_may_have_fifteen_others) {
    StepInfo info;
    info.action = "video";
    BOOST_TEST(kind_of_result(info) == "video");
    Answer answer;
    answer.sub_urls.assign(1000, "x");
    complete_tiles(info, answer);
    BOOST_TEST(answer.sub_urls.size() == 16u);
    BOOST_TEST(tiles_max(info) == 15);
}

} // namespace darkroom::engine
