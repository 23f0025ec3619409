// Input images: described, edited, moved through.
#include "runner/studio/paint/backdrop.hpp"
#include "runner/studio/paint/clip.hpp"
#include "runner/studio/paint/describe.hpp"
#include "tests/studio_paint/bitmaps.hpp"

#include <boost/test/unit_test.hpp>
#include <webp/demux.h>

#include <algorithm>

using namespace darkroom;
using namespace darkroom::studio;

namespace {

constexpr Size square{96, 96};

/// Returns an image with a left half in one colour and a right half in another.
std::string halves(Rgb left, Rgb right, Size size = square) {
    return encode_png(size, [&](int, std::span<std::uint8_t> row) {
        for (std::size_t i = 0; i < row.size() / 3; ++i) {
            auto const c = i < row.size() / 6 ? left : right;
            row[i * 3] = c.red;
            row[i * 3 + 1] = c.green;
            row[i * 3 + 2] = c.blue;
        }
    });
}

Bitmap left_of(Bitmap const& bitmap) {
    return cut(bitmap, {0, 0, {bitmap.size.width / 2 - 2, bitmap.size.height}});
}
Bitmap right_of(Bitmap const& bitmap) {
    int const from = bitmap.size.width / 2 + 2;
    return cut(bitmap, {from, 0, {bitmap.size.width - from, bitmap.size.height}});
}

constexpr Rgb black{0, 0, 0};
constexpr Rgb white{255, 255, 255};
constexpr Rgb blue{30, 70, 220};
constexpr Rgb gold{215, 165, 40};

} // namespace

BOOST_AUTO_TEST_SUITE(background)

BOOST_AUTO_TEST_CASE(a_description_is_true) {
    auto const traits = traits_of(halves(blue, gold, {120, 40}));
    BOOST_REQUIRE(traits.has_value());
    BOOST_TEST((traits->aspect == Aspect{3, 1}));
    BOOST_TEST(traits->orientation == "panoramic");
    auto names = traits->colours;
    std::sort(names.begin(), names.end());
    BOOST_TEST(names == (std::vector<std::string>{"blue", "gold"}),
               boost::test_tools::per_element());
    auto const texts = descriptions_of(*traits);
    BOOST_TEST(texts.size() == 4u);
    for (auto const& text : texts) BOOST_TEST(text.ends_with(" --ar 3:1"), text);
    BOOST_TEST(traits_of(halves(black, black))->brightness == "dark");
    BOOST_TEST(traits_of(halves(white, white))->brightness == "very bright");
    BOOST_TEST(traits_of(halves(black, white))->contrast == "strong");
    BOOST_TEST(!traits_of("no image").has_value());
}

BOOST_AUTO_TEST_CASE(an_edit_repaints_where_the_mask_is_white_and_nowhere_else) {
    auto const image = halves(blue, gold);
    auto const backdrop = read_backdrop(image, halves(white, black)).value();
    auto picture = grid_for("a red fox");
    auto const edited = look(paint_tile(picture, 1, square, &backdrop));
    auto const before = look(image);
    BOOST_TEST(difference(right_of(edited), right_of(before)) < 0.5);
    BOOST_TEST(difference(left_of(edited), left_of(before)) > 10);
    auto const fresh = look(paint_tile(picture, 1, square));
    BOOST_TEST(difference(left_of(edited), left_of(fresh)) < 0.5);
}

BOOST_AUTO_TEST_CASE(the_four_edits_of_a_grid_keep_the_same_parts) {
    auto const image = halves(blue, gold);
    auto const backdrop = read_backdrop(image, halves(white, black)).value();
    auto const sheet = look(paint(grid_for("a red fox"), {192, 192}, &backdrop));
    auto const before = look(image);
    for (int i = 0; i < 4; ++i) {
        auto const one = cut(sheet, {i % 2 * 96, i / 2 * 96, square});
        BOOST_TEST(difference(right_of(one), right_of(before)) < 0.5);
    }
    auto const first = cut(sheet, {0, 0, square});
    auto const second = cut(sheet, {96, 0, square});
    BOOST_TEST(difference(left_of(first), left_of(second)) > 5);
}

BOOST_AUTO_TEST_CASE(without_a_mask_an_edit_touches_everything_and_replaces_nothing) {
    auto const image = halves(blue, gold);
    auto const backdrop = read_backdrop(image, "").value();
    auto const edited = look(paint_tile(grid_for("a red fox"), 1, square, &backdrop));
    BOOST_TEST(difference(edited, look(image)) > 5);
    BOOST_TEST(share_of_hue(blue, left_of(edited)) > share_of_hue(blue, right_of(edited)));
}

BOOST_AUTO_TEST_CASE(a_clip_plays_five_seconds_of_a_moving_picture) {
    Clip clip;
    clip.first = look(grid_for("a canal at night"), {128, 64});
    clip.size = clip_size({2, 1}, 48);
    BOOST_TEST((clip.size == Size{96, 48}));
    auto const bytes = clip_webp(clip);
    BOOST_TEST(clip_webp(clip) == bytes);
    WebPData const data{reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size()};
    auto* const decoder = WebPAnimDecoderNew(&data, nullptr);
    BOOST_REQUIRE(decoder != nullptr);
    WebPAnimInfo info;
    WebPAnimDecoderGetInfo(decoder, &info);
    BOOST_TEST(info.canvas_width == 96u);
    BOOST_TEST(info.canvas_height == 48u);
    int last = 0;
    std::vector<std::uint8_t> first_frame, frame;
    while (WebPAnimDecoderHasMoreFrames(decoder) != 0) {
        std::uint8_t* pixels = nullptr;
        BOOST_REQUIRE(WebPAnimDecoderGetNext(decoder, &pixels, &last) != 0);
        frame.assign(pixels, pixels + 96 * 48 * 4);
        if (first_frame.empty()) first_frame = frame;
    }
    WebPAnimDecoderDelete(decoder);
    BOOST_TEST(last == 5000);
    BOOST_TEST(difference({clip.size, first_frame}, {clip.size, frame}) > 3);
}

BOOST_AUTO_TEST_CASE(the_next_clip_begins_elsewhere) {
    Clip clip;
    clip.first = look(grid_for("a canal at night"), {128, 128});
    clip.size = {32, 32};
    clip.path = 2;
    auto next = clip;
    next.clips_before = 1;
    auto const begun = look(clip_cover(clip, clip.size));
    auto const gone_on = look(clip_cover(next, clip.size));
    BOOST_TEST(difference(begun, gone_on) > 1);
}

BOOST_AUTO_TEST_SUITE_END()
