#include "tests/studio_paint/bitmaps.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace darkroom;
using namespace darkroom::studio;

namespace {

constexpr Size small{128, 128};

std::string nth_prompt(int n) {
    constexpr std::string_view who[] = {"a cat",       "four teapots", "Lamborghini", "an old man",
                                        "paper boats", "a red bear",   "dragons",     "雨后的小巷"};
    constexpr std::string_view where[] = {"inside a volcano", "on the moon", "in fog",
                                          "at the beach",     "by night",    "in a palace",
                                          "under water"};
    return std::string(who[n % 8]) + " " + std::string(where[n % 7]) + " " + std::to_string(n / 56);
}

} // namespace

BOOST_AUTO_TEST_SUITE(generating)

BOOST_AUTO_TEST_CASE(the_same_request_and_seed_give_the_same_bytes) {
    auto const first = paint(grid_for("a lighthouse in fog --ar 3:2", 5), small);
    auto const again = paint(grid_for("a lighthouse in fog --ar 3:2", 5), small);
    BOOST_TEST((first == again));
    BOOST_TEST((first != paint(grid_for("a lighthouse in fog --ar 3:2", 6), small)));
    BOOST_TEST((first != paint(grid_for("a lighthouse in rain --ar 3:2", 5), small)));
}

BOOST_AUTO_TEST_CASE(only_the_words_choose_the_place_and_the_colours) {
    auto const plain = grid_for("Paper boats, at night");
    struct {
        std::string prompt;
        bool same;
    } const rows[] = {
        {"paper   BOATS at night", true},
        {"paper boats at night --v 6 --q 2", true},
        {"https://img.example/a.png paper boats at night", true},
        {"boats paper at night", false},
        {"paper boats at noon", false},
        {"", false},
    };
    for (auto const& row : rows)
        BOOST_TEST((grid_for(row.prompt) == plain) == row.same, row.prompt);
}

BOOST_AUTO_TEST_CASE(parameters_that_the_painter_understands) {
    struct {
        std::string prompt;
        Aspect aspect;
    } const rows[] = {
        {"x", {1, 1}},          {"x --ar 16:9", {16, 9}},  {"x --aspect 4:6", {2, 3}},
        {"x --ar 9:1", {4, 1}}, {"x --ar 1:1000", {1, 4}}, {"x --ar 0:1", {1, 1}},
        {"x --ar", {1, 1}},     {"x --ar -3:2", {1, 1}},   {"x --ar 99999999999:1", {1, 1}},
        {"x --ar 3", {1, 1}},   {"x --ar 3:2:1", {1, 1}},  {"--ar 7:4 x", {7, 4}},
    };
    for (auto const& row : rows)
        BOOST_TEST((grid_for(row.prompt).aspect == row.aspect), row.prompt);
    BOOST_TEST((grid_for("x --seed 9", 1) == grid_for("x", 9)));
}

BOOST_AUTO_TEST_CASE(two_hundred_prompts_give_two_hundred_pictures_worth_looking_at) {
    std::vector<Bitmap> seen;
    for (int n = 0; n < 200; ++n) {
        auto const picture = grid_for(nth_prompt(n));
        for (int tile = 1; tile <= 4; ++tile)
            BOOST_TEST(entropy(look(paint_tile(picture, tile, {32, 32}))) > 2.0, nth_prompt(n));
        seen.push_back(look(picture, {32, 32}));
    }
    for (std::size_t i = 0; i < seen.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) BOOST_TEST(difference(seen[i], seen[k]) > 5.0);
    }
}

BOOST_AUTO_TEST_CASE(four_candidates_differ_but_share_their_colours) {
    auto const grid = grid_for("a garden in spring");
    BOOST_TEST(grid.scenes.size() == 4u);
    for (int tile = 2; tile <= 4; ++tile) {
        auto const other = look(paint_tile(grid, tile, small));
        BOOST_TEST(difference(look(paint_tile(grid, 1, small)), other) > 8.0);
        BOOST_TEST(
            (grid.scenes[static_cast<std::size_t>(tile - 1)].palette == grid.scenes[0].palette));
    }
}

BOOST_AUTO_TEST_CASE(words_that_name_a_colour_bring_it) {
    BOOST_TEST(share_of_hue({56, 150, 76}, look(grid_for("green"), small)) > 0.08);
    BOOST_TEST(share_of_hue({206, 34, 42}, look(grid_for("red balloons"), small)) > 0.08);
}

BOOST_AUTO_TEST_CASE(a_blend_shows_the_colours_of_its_inputs) {
    GenerateRequest request;
    request.prompt = "the bear is holding the chainsaw --iw 2";
    Rgb const magenta{230, 20, 200}, lime{150, 230, 20};
    auto const without = look(generate(request), small);
    request.inputs = {Palette{{magenta}}, Palette{{lime}}};
    auto const blend = look(generate(request), small);
    BOOST_TEST(share_of_hue(magenta, without) < 0.01);
    BOOST_TEST(share_of_hue(lime, without) < 0.01);
    BOOST_TEST(share_of_hue(magenta, blend) > 0.10);
    BOOST_TEST(share_of_hue(lime, blend) > 0.10);
}

BOOST_AUTO_TEST_CASE(the_weight_says_how_much_an_input_counts) {
    Palette input;
    for (int i = 0; i < 5; ++i)
        input.colours.push_back({static_cast<std::uint8_t>(20 * i), 250, 230});
    auto const count = [&](std::string const& weight) {
        GenerateRequest request;
        request.prompt = "a red house --iw " + weight;
        request.inputs = {input};
        auto const mixed = generate(request).origin.palette.colours;
        return std::count_if(mixed.begin(), mixed.end(),
                             [](Rgb c) { return c.green == 250 && c.blue == 230; });
    };
    BOOST_TEST(count("0") == 0);
    BOOST_TEST(count("0.25") == 3);
    BOOST_TEST(count("1") == 5);
    BOOST_TEST(count("nan") == count("1"));
    BOOST_TEST(count("1e300") == count("3"));
}

BOOST_AUTO_TEST_CASE(five_inputs_all_have_their_share) {
    GenerateRequest request;
    request.prompt = "together --iw 3";
    for (int i = 0; i < 5; ++i) {
        Rgb const colour{static_cast<std::uint8_t>(50 * i), 10, 90};
        request.inputs.push_back({{colour, {1, 2, 3}, {4, 5, 6}}});
    }
    auto const mixed = generate(request).origin.palette.colours;
    BOOST_TEST(mixed.size() <= 8u);
    for (auto const& input : request.inputs)
        BOOST_TEST(std::count(mixed.begin(), mixed.end(), input.colours.front()) == 1);
}

BOOST_AUTO_TEST_CASE(a_prompt_of_a_megabyte_is_read) {
    std::string prompt;
    while (prompt.size() < 1'000'000) prompt += "volcano ocean ";
    BOOST_TEST(entropy(look(grid_for(prompt), small)) > 2.0);
}

BOOST_AUTO_TEST_SUITE_END()
