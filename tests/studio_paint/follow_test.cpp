#include "tests/studio_paint/bitmaps.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

using namespace darkroom;
using namespace darkroom::studio;

namespace {

constexpr Size whole{256, 256};
constexpr Size half{128, 128};

struct Fixture {
    Picture grid = grid_for("coral garden by night");
    Picture single = after(grid, "upscale3");
    Bitmap seen = look(single, whole);

    Bitmap tile(Picture const& picture, int number) const {
        return look(paint_tile(picture, number, whole));
    }
    /// The parts of `made` and of the parent that should be the same.
    void expect_shared(Picture const& made, Part in_made, Part in_parent) const {
        for (int number = 1; number <= 4; ++number) {
            auto const part = cut(tile(made, number), in_made);
            BOOST_TEST(difference(part, cut(seen, in_parent)) < 0.5, "candidate " << number);
        }
    }
};

Error refusal(Picture const& parent, std::string action) {
    FollowUp step;
    step.action = std::move(action);
    auto const made = follow(parent, step);
    BOOST_REQUIRE(made.has_error());
    return made.error();
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(following, Fixture)

BOOST_AUTO_TEST_CASE(upscale_n_is_exactly_the_nth_candidate_larger) {
    auto const sheet = look(grid, whole);
    constexpr std::array<std::array<int, 2>, 4> corners{{{0, 0}, {128, 0}, {0, 128}, {128, 128}}};
    for (std::size_t i = 0; i < 4; ++i) {
        auto const picked = after(grid, "upscale" + std::to_string(i + 1));
        BOOST_TEST(!picked.is_grid());
        auto const part = cut(sheet, {corners[i][0], corners[i][1], half});
        BOOST_TEST(difference(look(picked, half), part) == 0);
        BOOST_TEST(difference(shrink(look(picked, whole), half), part) < 16);
    }
    BOOST_TEST(difference(look(after(grid, "upscale3"), half), cut(sheet, {128, 0, half})) > 12);
}

BOOST_AUTO_TEST_CASE(a_variation_is_four_new_ones_near_the_chosen) {
    auto const varied = after(grid, "variation2");
    BOOST_TEST(varied.is_grid());
    auto const chosen = tile(grid, 2);
    for (int number = 1; number <= 4; ++number) {
        double const near = difference(tile(varied, number), chosen);
        BOOST_TEST(near > 1);
        for (int other : {1, 3, 4}) BOOST_TEST(near < difference(tile(grid, other), chosen));
    }
}

BOOST_AUTO_TEST_CASE(subtle_varies_less_than_strong) {
    auto const subtle = after(single, "variation_subtle");
    auto const strong = after(single, "variation_strong");
    for (int number = 1; number <= 4; ++number) {
        double const little = difference(tile(subtle, number), seen);
        BOOST_TEST(little > 0.5);
        BOOST_TEST(little < difference(tile(strong, number), seen));
    }
}

BOOST_AUTO_TEST_CASE(reroll_starts_again_even_with_the_same_seed) {
    for (std::uint64_t seed : {1u, 2u}) {
        auto const again = after(grid, "reroll", seed);
        BOOST_TEST(again.is_grid());
        BOOST_TEST((again.origin == grid.origin));
        for (int number = 1; number <= 4; ++number)
            BOOST_TEST(difference(tile(again, number), tile(grid, number)) > 8);
    }
}

BOOST_AUTO_TEST_CASE(zoom_out_shows_more_around_the_same_middle) {
    auto const twice = after(single, "zoom_out_2x");
    BOOST_TEST(twice.is_grid());
    for (int number = 1; number <= 4; ++number) {
        auto const middle = cut(look(paint_tile(twice, number, {512, 512})), {128, 128, whole});
        BOOST_TEST(difference(middle, seen) < 0.5);
    }
    BOOST_TEST(difference(tile(twice, 1), tile(twice, 2)) > 1); // each has surroundings of its own
    auto const less = after(single, "zoom_out_1_5x");
    auto const middle = cut(look(paint_tile(less, 1, {384, 384})), {64, 64, whole});
    BOOST_TEST(difference(middle, seen) < 0.5);
}

BOOST_AUTO_TEST_CASE(pan_moves_the_window_by_half_of_it) {
    Size const tall{128, 256}, wide{256, 128};
    expect_shared(after(single, "pan_left"), {128, 0, tall}, {0, 0, tall});
    expect_shared(after(single, "pan_right"), {0, 0, tall}, {128, 0, tall});
    expect_shared(after(single, "pan_up"), {0, 128, wide}, {0, 0, wide});
    expect_shared(after(single, "pan_down"), {0, 0, wide}, {0, 128, wide});
    auto const left = cut(tile(after(single, "pan_left"), 1), {0, 0, tall});
    BOOST_TEST(difference(left, cut(seen, {0, 0, tall})) > 8);
}

BOOST_AUTO_TEST_CASE(a_zoom_of_a_zoom_keeps_what_was_chosen) {
    auto const near = after(after(after(single, "zoom_out_2x"), "upscale4"), "pan_right", 3);
    auto const parent = after(after(single, "zoom_out_2x"), "upscale4");
    Size const tall{128, 256};
    auto const kept = cut(look(parent, whole), {128, 0, tall});
    BOOST_TEST(difference(cut(tile(near, 2), {0, 0, tall}), kept) < 0.5);
}

BOOST_AUTO_TEST_CASE(square_fills_up_the_short_sides) {
    auto const wide = after(grid_for("a road --ar 2:1"), "upscale1");
    auto const made = after(wide, "square");
    BOOST_TEST((made.aspect == Aspect{1, 1}));
    auto const middle = cut(tile(made, 3), {0, 64, {256, 128}});
    BOOST_TEST(difference(middle, look(wide, {256, 128})) < 0.5);
}

BOOST_AUTO_TEST_CASE(upscales_of_a_single_draw_the_same_with_more_pixels) {
    struct {
        char const* action;
        int factor;
        double difference_max;
    } const rows[] = {{"upscale_2x", 2, 0},
                      {"upscale_4x", 4, 0},
                      {"upscale_subtle", 2, 6},
                      {"upscale_creative", 2, 20}};
    for (auto const& row : rows) {
        auto const larger = after(single, row.action);
        BOOST_TEST(larger.factor == row.factor);
        BOOST_TEST(difference(look(larger, whole), seen) <= row.difference_max, row.action);
        auto const redone = after(larger, std::string("redo_") + row.action, 8);
        BOOST_TEST(redone.factor == row.factor);
        BOOST_TEST(redone.scenes != larger.scenes, row.action);
        BOOST_TEST(difference(look(redone, whole), seen) < 25, row.action);
    }
}

BOOST_AUTO_TEST_CASE(a_region_is_repainted_and_the_rest_is_not) {
    FollowUp step;
    step.action = "variation_region";
    step.prompt = "a calm face";
    step.mask = Mask{std::vector<std::uint8_t>(256, 0)};
    for (std::size_t i = 0; i < 256; ++i) step.mask->cells[i] = i % 16 < 8 ? 255 : 0;
    auto const made = follow(single, step);
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST(made->is_grid());
    Part const right{144, 0, {112, 256}}, left{0, 0, {112, 256}};
    for (int number = 1; number <= 4; ++number) {
        BOOST_TEST(difference(cut(tile(*made, number), right), cut(seen, right)) < 0.5);
        BOOST_TEST(difference(cut(tile(*made, number), left), cut(seen, left)) > 8);
    }
    auto const on_grid = follow(grid, step); // the left half is candidates 1 and 3
    BOOST_REQUIRE(on_grid.has_value());
    BOOST_TEST(difference(tile(*on_grid, 2), tile(grid, 2)) == 0);
    BOOST_TEST(difference(tile(*on_grid, 3), tile(grid, 3)) > 8);
}

BOOST_AUTO_TEST_CASE(a_region_without_a_mask_is_the_middle) {
    auto const made = after(single, "variation_region");
    Part const corner{0, 0, {48, 48}}, middle{96, 96, {64, 64}};
    BOOST_TEST(difference(cut(tile(made, 1), corner), cut(seen, corner)) < 0.5);
    BOOST_TEST(difference(cut(tile(made, 1), middle), cut(seen, middle)) > 5);
}

BOOST_AUTO_TEST_CASE(every_follow_up_is_repeatable) {
    for (auto const& parent : {grid, single}) {
        for (auto const& action : actions_of(parent))
            BOOST_TEST((after(parent, action, 3) == after(parent, action, 3)), action);
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_offered_is_refused_with_a_reason) {
    auto const twice = after(single, "upscale_2x");
    struct {
        Picture const& parent;
        char const* action;
        PictureErrc code;
        char const* says;
    } const rows[] = {
        {grid, "upscale5", PictureErrc::unknown_action, "did you mean 'upscale"},
        {grid, "", PictureErrc::unknown_action, "''"},
        {grid, "generate", PictureErrc::unknown_action, "generate"},
        {grid, "upscale_2x", PictureErrc::not_offered, "upscale1, upscale2"},
        {grid, "pan_left", PictureErrc::not_offered, "on a grid"},
        {single, "upscale1", PictureErrc::not_offered, "on a single image"},
        {single, "reroll", PictureErrc::not_offered, "variation_subtle"},
        {single, "square", PictureErrc::not_offered, "square"},
        {single, "redo_upscale_2x", PictureErrc::not_offered, "redo_upscale_2x"},
        {twice, "redo_upscale_4x", PictureErrc::not_offered, "redo_upscale_2x"},
    };
    for (auto const& row : rows) {
        auto const error = refusal(row.parent, row.action);
        BOOST_TEST((error.code == row.code), row.action);
        BOOST_TEST(error.message().find(row.says) != std::string::npos, error.message());
    }
}

BOOST_AUTO_TEST_CASE(a_chain_has_an_end) {
    Picture picture = single;
    for (std::size_t i = 0; i < layers_max; ++i)
        picture = after(after(picture, "pan_left", i), "upscale1");
    auto const error = refusal(picture, "pan_left");
    BOOST_TEST(error.message().find("limit") != std::string::npos, error.message());
    BOOST_TEST(after(picture, "variation_strong").is_grid());
}

BOOST_AUTO_TEST_SUITE_END()
