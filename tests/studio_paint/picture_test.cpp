#include "tests/studio_paint/bitmaps.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::studio;

namespace {

using Names = std::vector<std::string>;

Names const of_grid{"upscale1",   "upscale2",   "upscale3",   "upscale4",  "reroll",
                    "variation1", "variation2", "variation3", "variation4"};
Names const of_single{"upscale_2x",  "upscale_4x",    "variation_subtle", "variation_strong",
                      "zoom_out_2x", "zoom_out_1_5x", "pan_left",         "pan_right",
                      "pan_up",      "pan_down"};

Names with(Names names, std::string more) {
    names.push_back(std::move(more));
    return names;
}

Picture single_for(std::string prompt) { return after(grid_for(std::move(prompt)), "upscale4"); }

} // namespace

BOOST_AUTO_TEST_SUITE(pictures)

BOOST_AUTO_TEST_CASE(actions_are_listed_as_published) {
    auto const single = single_for("x");
    auto const twice = after(single, "upscale_2x");
    auto const largest = after(twice, "upscale_4x");
    Names const no_upscale(of_single.begin() + 2, of_single.end());
    struct {
        Picture picture;
        Names names;
    } const rows[] = {
        {grid_for("x"), of_grid},
        {grid_for("x --ar 16:9"), of_grid},
        {after(grid_for("x"), "variation2"), of_grid},
        {after(single, "zoom_out_2x"), of_grid},
        {single, of_single},
        {single_for("x --ar 16:9"), with(of_single, "square")},
        {twice, with(of_single, "redo_upscale_2x")},
        {after(single, "upscale_4x"),
         with(Names{"upscale_2x", "variation_subtle", "variation_strong", "zoom_out_2x",
                    "zoom_out_1_5x", "pan_left", "pan_right", "pan_up", "pan_down"},
              "redo_upscale_4x")},
        {after(single, "upscale_subtle"), with(of_single, "redo_upscale_subtle")},
        {after(single, "upscale_creative"), with(of_single, "redo_upscale_creative")},
        {largest, with(no_upscale, "redo_upscale_4x")},
        {after(after(twice, "pan_left"), "upscale1"), of_single},
    };
    for (auto const& row : rows) BOOST_TEST(actions_of(row.picture) == row.names);
}

BOOST_AUTO_TEST_CASE(sizes_are_the_published_ones) {
    struct {
        std::string prompt;
        Names chain;
        int base;
        Size size;
    } const rows[] = {
        {"x", {}, 2048, {2048, 2048}},
        {"x", {"upscale3"}, 2048, {1024, 1024}},
        {"x", {"upscale3", "upscale_2x"}, 2048, {2048, 2048}},
        {"x", {"upscale3", "upscale_4x"}, 2048, {4096, 4096}},
        {"x", {"upscale3", "upscale_4x", "upscale_2x"}, 2048, {8192, 8192}},
        {"x", {"upscale3", "upscale_creative", "redo_upscale_creative"}, 2048, {2048, 2048}},
        {"x", {"upscale3", "upscale_4x", "zoom_out_2x"}, 2048, {2048, 2048}},
        {"x --ar 16:9", {}, 2048, {2912, 1632}},
        {"x --ar 16:9", {"upscale1"}, 2048, {1456, 816}},
        {"x --ar 16:9", {"upscale1", "square"}, 2048, {2048, 2048}},
        {"x --ar 9:16", {}, 2048, {1632, 2912}},
        {"x --ar 16:9", {"upscale1", "upscale_4x", "upscale_2x"}, 2048, {8192, 4591}},
        {"x", {}, 64, {64, 64}},
        {"x", {"upscale1"}, 64, {32, 32}},
        {"x --ar 16:9", {}, 64, {92, 52}},
        {"x", {}, 8192, {8192, 8192}},
        {"x --ar 4:1", {}, 8192, {8192, 2034}},
    };
    for (auto const& row : rows) {
        auto picture = grid_for(row.prompt);
        for (auto const& action : row.chain) picture = after(picture, action);
        auto const size = raw_size(picture, row.base);
        BOOST_TEST((size == row.size), row.prompt << ": " << size.width << " x " << size.height);
    }
}

BOOST_AUTO_TEST_CASE(a_grid_divides_into_four_equal_candidates) {
    for (char const* ar : {"1:1", "16:9", "2:3", "4:1", "7:4", "21:9", "1:2"}) {
        for (int base : {64, 100, 512, 2048, 8192}) {
            auto const grid = grid_for(std::string("x --ar ") + ar);
            auto const size = raw_size(grid, base);
            auto const single = raw_size(after(grid, "upscale1"), base);
            bool const cut_down = std::max(size.width, size.height) >= side_max - 1;
            if (cut_down) continue;
            BOOST_TEST(size.width == 2 * single.width, ar << " at " << base);
            BOOST_TEST(size.height == 2 * single.height, ar << " at " << base);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_thumbnail_is_the_same_picture_smaller) {
    auto const grid = grid_for("lavender fields --ar 3:2");
    auto const large = look(grid, {384, 256});
    BOOST_TEST(difference(shrink(large, {192, 128}), look(grid, {192, 128})) < 12);
    BOOST_TEST(difference(shrink(large, {96, 64}), look(grid, {96, 64})) < 16);
}

BOOST_AUTO_TEST_CASE(any_size_can_be_painted) {
    auto const grid = grid_for("x");
    for (Size size : {Size{1, 1}, Size{2, 1}, Size{1, 9}, Size{3, 5}, Size{17, 33}, Size{640, 2}}) {
        BOOST_TEST((look(grid, size).size == size));
        BOOST_TEST((look(paint_tile(grid, 4, size)).size == size));
        BOOST_TEST((look(paint_preview(grid, 0, size)).size == size));
        BOOST_TEST((look(paint_preview(grid, 100, size)).size == size));
    }
}

BOOST_AUTO_TEST_CASE(previews_grow_clearer) {
    auto const grid = grid_for("paper lantern boats");
    Size const size{256, 256};
    auto const final_one = look(grid, size);
    double before = 255;
    for (int progress : {5, 35, 75, 100}) {
        auto const bytes = paint_preview(grid, progress, size);
        BOOST_TEST(bytes.substr(8, 4) == "WEBP");
        double const off = difference(look(bytes), final_one);
        BOOST_TEST(off < before, "progress " << progress);
        before = off;
    }
}

BOOST_AUTO_TEST_CASE(a_picture_survives_the_disk) {
    FollowUp region;
    region.action = "variation_region";
    auto picture = after(after(grid_for("x --ar 3:2"), "upscale2"), "zoom_out_2x");
    picture = *follow(picture, region);
    for (auto const& kept :
         {grid_for("ocean"), picture, after(after(picture, "upscale1"), "upscale_creative")}) {
        auto const text = json::write(to_json(kept));
        auto const back = picture_of_json(*json::read(text));
        BOOST_REQUIRE_MESSAGE(back.has_value(), back.error().message());
        BOOST_TEST((*back == kept));
        BOOST_TEST(json::write(to_json(*back)) == text);
    }
}

BOOST_AUTO_TEST_CASE(a_damaged_record_is_refused_by_name) {
    auto const good = to_json(after(after(grid_for("x"), "upscale2"), "zoom_out_2x"));
    struct {
        char const* key;
        json::Value value;
    } const rows[] = {
        {"words", "xyz"},
        {"palette", json::Array{}},
        {"palette", json::Array{"#12345g"}},
        {"aspect", json::Array{0, 1}},
        {"aspect", json::Array{1000000, 1}},
        {"upscale", "9x"},
        {"factor", 9},
        {"factor", -1},
        {"scenes", json::Array{1, 2}},
        {"scenes", json::Array{1}},
    };
    for (auto const& row : rows) {
        auto bad = good;
        bad.set(row.key, row.value);
        BOOST_TEST(picture_of_json(bad).has_error(), row.key);
        bad.erase(row.key);
        auto const read = picture_of_json(bad);
        BOOST_REQUIRE(read.has_error());
        BOOST_TEST(read.error().message().find(row.key) != std::string::npos);
    }
    BOOST_TEST(picture_of_json(json::Value()).has_error());
    for (char const* key : {"power", "motif", "grain", "palette", "window", "tint", "layers"}) {
        auto bad = good;
        auto scene = good.find("scenes")->array()->front();
        for (auto const& value : {json::Value(-1), json::Value("x"), json::Value(1e300),
                                  json::Value(json::Array{1e300, 0, 0, 0})}) {
            if (std::string_view(key) == "tint" && value == json::Value(-1)) continue;
            if (std::string_view(key) == "layers" && value.array() != nullptr) continue;
            scene.set(key, value);
            bad.set("scenes", json::Array{scene});
            auto const read = picture_of_json(bad);
            BOOST_REQUIRE_MESSAGE(read.has_error(), key);
            BOOST_TEST(read.error().message().find(key) != std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
