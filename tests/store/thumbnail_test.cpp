// Thumbnails: their size and colour, and which are made again.
#include "runner/store/thumbnail.hpp"

#include "runner/store/error.hpp"
#include "runner/store/reducer.hpp"
#include "runner/store/thumbnails.hpp"
#include "tests/store/image_samples.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <spng.h>
#include <webp/decode.h>
#include <webp/encode.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include <cstdio>
#include <jpeglib.h>

namespace darkroom::store {

namespace {

using test::content_of;
using test::must;
using test::put_content;
using test::TempDirectory;

using Colour = std::array<std::uint8_t, 4>;
constexpr Colour red{200, 20, 20, 255};
constexpr Colour grey{90, 90, 90, 255};
constexpr Colour nothing{0, 0, 0, 0};

/// The left half in one colour and the right half in another.
std::vector<std::uint8_t> halves(PictureSize size, Colour left, Colour right) {
    std::vector<std::uint8_t> pixels;
    for (std::uint32_t y = 0; y < size.height; ++y)
        for (std::uint32_t x = 0; x < size.width; ++x) {
            auto const& colour = 2 * x < size.width ? left : right;
            pixels.insert(pixels.end(), colour.begin(), colour.end());
        }
    return pixels;
}

std::string png(PictureSize size, std::vector<std::uint8_t> const& rgba) {
    auto* encoder = spng_ctx_new(SPNG_CTX_ENCODER);
    spng_set_option(encoder, SPNG_ENCODE_TO_BUFFER, 1);
    spng_ihdr header{size.width, size.height, 8, SPNG_COLOR_TYPE_TRUECOLOR_ALPHA, 0, 0, 0};
    spng_set_ihdr(encoder, &header);
    spng_encode_image(encoder, rgba.data(), rgba.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
    std::size_t length = 0;
    int code = 0;
    auto* memory = static_cast<char*>(spng_get_png_buffer(encoder, &length, &code));
    std::string bytes(memory, length);
    std::free(memory);
    spng_ctx_free(encoder);
    return bytes;
}

std::string webp(PictureSize size, std::vector<std::uint8_t> const& rgba) {
    std::uint8_t* memory = nullptr;
    auto const length = WebPEncodeLosslessRGBA(rgba.data(), static_cast<int>(size.width),
                                               static_cast<int>(size.height),
                                               static_cast<int>(size.width * 4), &memory);
    std::string bytes(reinterpret_cast<char*>(memory), length);
    WebPFree(memory);
    return bytes;
}

std::string jpeg(PictureSize size, std::vector<std::uint8_t> const& rgba) {
    jpeg_compress_struct encoder{};
    jpeg_error_mgr errors{};
    encoder.err = jpeg_std_error(&errors);
    jpeg_create_compress(&encoder);
    unsigned char* memory = nullptr;
    unsigned long length = 0;
    jpeg_mem_dest(&encoder, &memory, &length);
    encoder.image_width = size.width;
    encoder.image_height = size.height;
    encoder.input_components = 4;
    encoder.in_color_space = JCS_EXT_RGBA;
    jpeg_set_defaults(&encoder);
    jpeg_start_compress(&encoder, TRUE);
    for (std::size_t y = 0; y < size.height; ++y) {
        JSAMPROW row = const_cast<std::uint8_t*>(rgba.data() + y * size.width * 4);
        jpeg_write_scanlines(&encoder, &row, 1);
    }
    jpeg_finish_compress(&encoder);
    std::string bytes(reinterpret_cast<char*>(memory), length);
    jpeg_destroy_compress(&encoder);
    std::free(memory);
    return bytes;
}

Colour pixel_of(Reduced const& picture, std::uint32_t x, std::uint32_t y) {
    auto const* pixel = picture.rgba.data() + std::size_t{4} * (picture.width * y + x);
    return {pixel[0], pixel[1], pixel[2], pixel[3]};
}

bool is_near(Colour const& one, Colour const& other) {
    for (std::size_t part = 0; part < 4; ++part)
        if (std::abs(one.at(part) - other.at(part)) > 8) return false;
    return true;
}

struct OnePicture {
    explicit OnePicture(TempDirectory& the_directory, std::string const& bytes)
        : directory(the_directory), source{"a.png", sha256(bytes)} {
        put_content(directory / source.file, bytes);
    }

    /// Makes its thumbnail, as a run of the program does; returns the number of new ones.
    std::size_t make() {
        auto thumbnails = must(Thumbnails::open(directory.path()));
        auto const made = must(thumbnails.make(
            std::span(&source, 1), [this](std::string const& text) { notes.push_back(text); }));
        must(thumbnails.save());
        return made;
    }
    std::string thumbnail() const {
        return directory / ("thumbs/" + to_hex(source.sha256) + ".webp");
    }

    TempDirectory& directory;
    ThumbnailSource source;
    std::vector<std::string> notes;
};

} // namespace

BOOST_AUTO_TEST_SUITE(thumbnail)

BOOST_AUTO_TEST_CASE(the_longest_side_is_limited_and_the_aspect_stays) {
    struct Row {
        PictureSize from, to;
    };
    for (auto const& [from, to] :
         {Row{{1024, 1024}, {384, 384}}, Row{{1456, 816}, {384, 215}}, Row{{816, 1456}, {215, 384}},
          Row{{300, 200}, {300, 200}}, Row{{384, 385}, {383, 384}}, Row{{100'000, 2}, {384, 1}}}) {
        auto const size = size_within(from, thumbnail_side);
        BOOST_TEST(size.width == to.width);
        BOOST_TEST(size.height == to.height);
    }
}

BOOST_AUTO_TEST_CASE(every_format_is_reduced_to_the_mean_of_what_a_pixel_covers) {
    PictureSize const size{1000, 500};
    auto const pixels = halves(size, red, grey);
    for (auto const& bytes : {png(size, pixels), jpeg(size, pixels), webp(size, pixels)}) {
        auto const small = must(reduce_picture(bytes));
        BOOST_TEST(small.width == 384u);
        BOOST_TEST(small.height == 192u);
        BOOST_TEST(is_near(pixel_of(small, 10, 10), red));
        BOOST_TEST(is_near(pixel_of(small, 380, 190), grey));
        BOOST_TEST(small.is_opaque);
    }
    auto const middle = must(reduce_picture(png({3, 1}, halves({3, 1}, red, grey)), 2));
    BOOST_TEST(is_near(pixel_of(middle, 0, 0), red));
}

BOOST_AUTO_TEST_CASE(clear_pixels_do_not_colour_the_others) {
    PictureSize const size{768, 768};
    auto const small = must(reduce_picture(png(size, halves(size, red, nothing))));
    BOOST_TEST(!small.is_opaque);
    BOOST_TEST(is_near(pixel_of(small, 10, 10), red));
    BOOST_TEST(pixel_of(small, 300, 10).at(3) == 0);
    BOOST_TEST((dominant_colour(small) >> 16 > 190u));
    auto const made = must(make_thumbnail(png(size, halves(size, red, nothing))));
    WebPBitstreamFeatures features{};
    WebPGetFeatures(reinterpret_cast<std::uint8_t const*>(made.webp.data()), made.webp.size(),
                    &features);
    BOOST_TEST(features.has_alpha == 1);
}

BOOST_AUTO_TEST_CASE(the_dominant_colour_is_a_vivid_one_rather_than_grey) {
    PictureSize const size{400, 400};
    BOOST_TEST(dominant_colour(must(reduce_picture(png(size, halves(size, red, grey))))) ==
               0xC81414u);
    BOOST_TEST(dominant_colour(must(reduce_picture(png(size, halves(size, grey, grey))))) ==
               0x5A5A5Au);
}

BOOST_AUTO_TEST_CASE(what_is_damaged_or_too_large_is_an_error) {
    PictureSize const size{400, 400};
    for (auto bytes : {png(size, halves(size, red, grey)), webp(size, halves(size, red, grey))}) {
        bytes.resize(bytes.size() / 2);
        BOOST_TEST(make_thumbnail(bytes).has_error());
    }
    BOOST_TEST((make_thumbnail("a text").error().code == Errc::not_an_image));
    BOOST_TEST(make_thumbnail("").has_error());
    auto const huge = test::png_of({{"IHDR", test::png_header({100'000, 100'000})}});
    BOOST_TEST(make_thumbnail(huge).has_error());
}

BOOST_AUTO_TEST_CASE(one_is_made_again_only_when_the_picture_has_changed) {
    TempDirectory directory;
    PictureSize const size{400, 400};
    OnePicture first(directory, png(size, halves(size, red, grey)));
    BOOST_TEST(first.make() == 1u);
    auto const bytes = content_of(first.thumbnail());
    BOOST_TEST(bytes.starts_with("RIFF"));
    BOOST_TEST(first.make() == 0u);
    BOOST_TEST(*must(Thumbnails::open(directory.path())).colour_of(first.source.sha256) ==
               0xC81414u);
    OnePicture changed(directory, png(size, halves(size, grey, grey)));
    BOOST_TEST(changed.make() == 1u);
    BOOST_TEST(content_of(first.thumbnail()) == bytes);
    std::filesystem::remove(changed.thumbnail());
    BOOST_TEST(changed.make() == 1u);
}

BOOST_AUTO_TEST_CASE(one_that_is_not_in_the_index_may_be_torn_and_is_made_again) {
    TempDirectory directory;
    PictureSize const size{400, 400};
    OnePicture one(directory, png(size, halves(size, red, grey)));
    std::filesystem::create_directory(directory / "thumbs");
    put_content(one.thumbnail(), "");
    put_content(directory / "thumbs/unfinished.webp.part", "RIFF");
    BOOST_TEST(one.make() == 1u);
    BOOST_TEST(content_of(one.thumbnail()).starts_with("RIFF"));
    BOOST_TEST(!std::filesystem::exists(directory / "thumbs/unfinished.webp.part"));
}

BOOST_AUTO_TEST_CASE(a_picture_that_is_not_as_it_was_saved_has_none_and_a_note) {
    TempDirectory directory;
    PictureSize const size{400, 400};
    OnePicture one(directory, png(size, halves(size, red, grey)));
    put_content(directory / "a.png", png(size, halves(size, grey, grey)));
    BOOST_TEST(one.make() == 0u);
    BOOST_TEST(one.notes.size() == 1u);
    one.source.file = "../a.png";
    BOOST_TEST(one.make() == 0u);
    BOOST_TEST(one.notes.back().find("leads out") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_link_in_place_of_the_folder_is_not_followed) {
    TempDirectory directory;
    TempDirectory elsewhere;
    std::filesystem::create_directory_symlink(elsewhere.path(), directory / "thumbs");
    BOOST_TEST((Thumbnails::open(directory.path()).error().code == Errc::not_ours));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::store
