// The rows of a PNG are those that were written, whatever their filters.
#include "runner/store/png_rows.hpp"

#include <boost/test/unit_test.hpp>
#include <spng.h>

#include <cstdlib>
#include <random>
#include <string>

namespace darkroom::store {

namespace {

struct PngKind {
    std::uint8_t colour;
    std::uint8_t depth = 8;
    int filters = SPNG_FILTER_CHOICE_ALL;
    std::uint8_t interlace = 0;
    bool has_clear_colour = false;
};

/// Noise, in which each byte also follows the one before: all of a filter's cases come.
std::vector<std::uint8_t> noise(std::size_t bytes) {
    std::mt19937 dice(7);
    std::vector<std::uint8_t> out(bytes);
    for (std::size_t at = 0; at < bytes; ++at) {
        auto const near = out[at / 2] + dice() % 41 - 20;
        out[at] = static_cast<std::uint8_t>(dice() % 8 == 0 ? dice() : near);
    }
    return out;
}

std::string encoded(PictureSize size, PngKind const& kind, std::vector<std::uint8_t> const& rows) {
    auto* encoder = spng_ctx_new(SPNG_CTX_ENCODER);
    spng_set_option(encoder, SPNG_ENCODE_TO_BUFFER, 1);
    spng_set_option(encoder, SPNG_FILTER_CHOICE, kind.filters);
    spng_ihdr header{size.width, size.height, kind.depth, kind.colour, 0, 0, kind.interlace};
    spng_set_ihdr(encoder, &header);
    spng_trns clear{};
    if (kind.has_clear_colour) spng_set_trns(encoder, &clear);
    spng_encode_image(encoder, rows.data(), rows.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
    std::size_t length = 0;
    int code = 0;
    auto* memory = static_cast<char*>(spng_get_png_buffer(encoder, &length, &code));
    std::string bytes(memory, length);
    std::free(memory);
    spng_ctx_free(encoder);
    return bytes;
}

} // namespace

BOOST_AUTO_TEST_SUITE(png_rows)

BOOST_AUTO_TEST_CASE(every_filter_is_undone) {
    for (int const filters :
         {SPNG_FILTER_CHOICE_NONE, SPNG_FILTER_CHOICE_SUB, SPNG_FILTER_CHOICE_UP,
          SPNG_FILTER_CHOICE_AVG, SPNG_FILTER_CHOICE_PAETH, SPNG_FILTER_CHOICE_ALL}) {
        for (std::size_t const channels : {3u, 4u}) {
            for (PictureSize const size : {PictureSize{1, 1}, {1, 5}, {61, 43}, {256, 2}}) {
                auto const pixels = noise(channels * size.width * size.height);
                std::uint8_t const colour = channels == 3 ? 2 : 6;
                auto const bytes = encoded(size, {colour, 8, filters}, pixels);
                auto rows = PngRows::of(bytes);
                BOOST_REQUIRE(rows.has_value());
                BOOST_REQUIRE(rows->channels() == channels);
                std::vector<std::uint8_t> read;
                for (std::uint32_t y = 0; y < size.height; ++y) {
                    auto const* row = rows->next();
                    read.insert(read.end(), row, row + channels * size.width);
                }
                BOOST_TEST((read == pixels), "filters " << filters << ", " << channels
                                                        << " channels, width " << size.width);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(other_kinds_are_left_to_the_decoder) {
    constexpr PictureSize size{6, 4};
    auto const of_kind = [&](PngKind const& kind, std::size_t bytes) {
        return PngRows::of(encoded(size, kind, noise(bytes))).has_value();
    };
    BOOST_TEST(of_kind({2}, 6 * 4 * 3));
    BOOST_TEST(!of_kind({0}, 6 * 4));
    BOOST_TEST(!of_kind({4}, 6 * 4 * 2));
    BOOST_TEST(!of_kind({2, 16}, 6 * 4 * 6));
    BOOST_TEST(!of_kind({2, 8, SPNG_FILTER_CHOICE_ALL, 0, true}, 6 * 4 * 3));
}

BOOST_AUTO_TEST_CASE(damage_is_left_to_the_decoder) {
    auto const whole = encoded({40, 30}, {6}, noise(40 * 30 * 4));
    BOOST_REQUIRE(PngRows::of(whole).has_value());
    for (std::size_t length = 0; length < whole.size(); ++length)
        BOOST_TEST(!PngRows::of(std::string_view(whole).substr(0, length)).has_value());
    auto wrong_rows = whole;
    wrong_rows[whole.size() / 2] ^= 1;
    BOOST_TEST(!PngRows::of(wrong_rows).has_value());
    for (std::size_t const at : {16u, 20u}) { // width and height
        auto other_size = whole;
        other_size[at] = '\x7F';
        BOOST_TEST(!PngRows::of(other_size).has_value());
        other_size = whole;
        other_size[at + 3] = '\0';
        BOOST_TEST(!PngRows::of(other_size).has_value());
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::store
