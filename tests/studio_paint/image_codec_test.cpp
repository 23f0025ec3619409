#include "tests/studio_paint/bitmaps.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdio> // jpeglib.h needs FILE

#include <jpeglib.h>

#include <cstdlib>

using namespace darkroom;
using namespace darkroom::studio;

namespace {

/// Returns an image with a left half in one colour and a right half in another.
std::vector<std::uint8_t> half_pixels(Size size, Rgb left, Rgb right) {
    std::vector<std::uint8_t> rgb;
    for (int i = 0; i < size.width * size.height; ++i) {
        Rgb const colour = i % size.width < size.width / 2 ? left : right;
        rgb.insert(rgb.end(), {colour.red, colour.green, colour.blue});
    }
    return rgb;
}

std::string png_of(Size size, std::vector<std::uint8_t> const& rgb) {
    return encode_png(size, [&](int y, std::span<std::uint8_t> row) {
        std::copy_n(rgb.begin() + static_cast<std::ptrdiff_t>(row.size()) * y, row.size(),
                    row.begin());
    });
}

std::string jpeg_of(Size size, std::vector<std::uint8_t> rgb) {
    jpeg_compress_struct encoder{};
    jpeg_error_mgr errors{};
    encoder.err = jpeg_std_error(&errors);
    jpeg_create_compress(&encoder);
    unsigned char* memory = nullptr;
    unsigned long length = 0;
    jpeg_mem_dest(&encoder, &memory, &length);
    encoder.image_width = static_cast<JDIMENSION>(size.width);
    encoder.image_height = static_cast<JDIMENSION>(size.height);
    encoder.input_components = 3;
    encoder.in_color_space = JCS_RGB;
    jpeg_set_defaults(&encoder);
    jpeg_set_quality(&encoder, 95, TRUE);
    jpeg_simple_progression(&encoder);
    jpeg_start_compress(&encoder, TRUE);
    for (int y = 0; y < size.height; ++y) {
        JSAMPROW row = rgb.data() + static_cast<std::ptrdiff_t>(size.width) * 3 * y;
        jpeg_write_scanlines(&encoder, &row, 1);
    }
    jpeg_finish_compress(&encoder);
    std::string bytes(reinterpret_cast<char const*>(memory), length);
    jpeg_destroy_compress(&encoder);
    std::free(memory);
    return bytes;
}

struct CodecFixture {
    Size const size{96, 64};
    Rgb const teal{10, 140, 150}, coral{250, 110, 90};
    std::vector<std::uint8_t> const rgb = half_pixels(size, teal, coral);
    std::array<std::string, 3> const files{png_of(size, rgb), jpeg_of(size, rgb),
                                           encode_webp(size, rgb)};
};

bool near(Rgb x, Rgb y) {
    return std::abs(x.red - y.red) < 12 && std::abs(x.green - y.green) < 12 &&
           std::abs(x.blue - y.blue) < 12;
}

/// Returns a PNG header of this size, with a right checksum and nothing after it.
std::string png_claiming(std::uint32_t width, std::uint32_t height) {
    std::string chunk = "IHDR";
    for (std::uint32_t side : {width, height}) {
        for (unsigned shift : {24u, 16u, 8u, 0u}) chunk += static_cast<char>(side >> shift);
    }
    chunk += std::string("\x08\x02\x00\x00\x00", 5);
    std::uint32_t crc = 0xffffffff;
    for (char const c : chunk) {
        crc ^= static_cast<unsigned char>(c);
        for (int k = 0; k < 8; ++k) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0u);
    }
    std::string bytes = std::string("\x89PNG\r\n\x1a\n\0\0\0\x0d", 12) + chunk;
    for (unsigned shift : {24u, 16u, 8u, 0u}) bytes += static_cast<char>(~crc >> shift);
    return bytes + std::string("\0\0\0\1IDAT\0\0\0\0\0", 13);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(image_codec, CodecFixture)

BOOST_AUTO_TEST_CASE(all_three_formats_give_their_dominant_colours) {
    for (auto const& file : files) {
        auto const palette = palette_of(file);
        BOOST_REQUIRE_MESSAGE(palette.has_value(), palette.error().message());
        BOOST_REQUIRE(palette->colours.size() >= 2u);
        bool const found = near(palette->colours[0], teal) || near(palette->colours[0], coral);
        bool const both = near(palette->colours[1], teal) || near(palette->colours[1], coral);
        BOOST_TEST(found);
        BOOST_TEST(both);
        BOOST_TEST(!near(palette->colours[0], palette->colours[1]));
    }
}

BOOST_AUTO_TEST_CASE(png_gives_back_every_pixel) {
    auto const back = look(files[0]);
    BOOST_TEST((back.size == size));
    for (std::size_t i = 0; i < rgb.size(); ++i)
        BOOST_REQUIRE(back.rgba[i / 3 * 4 + i % 3] == rgb[i]);
}

BOOST_AUTO_TEST_CASE(a_large_jpeg_is_made_smaller_while_decoding) {
    Size const large{2048, 512};
    auto const bytes = jpeg_of(large, half_pixels(large, teal, coral));
    auto const small = decode_image(bytes, 256);
    BOOST_REQUIRE(small.has_value());
    BOOST_TEST((small->size == Size{256, 64}));
    BOOST_TEST(palette_of(bytes).has_value());
}

BOOST_AUTO_TEST_CASE(a_mask_follows_the_image) {
    auto const mask = mask_of(png_of(size, half_pixels(size, {255, 255, 255}, {0, 0, 0})));
    BOOST_REQUIRE(mask.has_value());
    BOOST_TEST(mask->cells.size() == 256u);
    for (std::size_t i = 0; i < 256; ++i) BOOST_TEST(mask->cells[i] == (i % 16 < 8 ? 255 : 0));
}

BOOST_AUTO_TEST_CASE(a_file_cut_anywhere_is_an_error_and_not_an_end) {
    for (auto const& file : files) {
        for (std::size_t length = 0; length + 12 < file.size(); length += 7) {
            auto const palette = palette_of(std::string_view(file).substr(0, length));
            BOOST_TEST(palette.has_error(), "cut at " << length << " of " << file.size());
        }
    }
}

BOOST_AUTO_TEST_CASE(flipped_bytes_never_crash) {
    for (auto const& file : files) {
        for (std::size_t at = 0; at < file.size(); ++at) {
            auto broken = file;
            broken[at] = static_cast<char>(broken[at] ^ 0x5a);
            auto const palette = palette_of(broken);
            BOOST_TEST((palette.has_error() || !palette->colours.empty()));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_image_is_refused_with_a_hint) {
    for (std::string_view bytes : {"", "x", "<html><body>cat</body></html>", "GIF89a......",
                                   "RIFF....WAVE", "\xff\xd8\xff"}) {
        auto const palette = palette_of(bytes);
        BOOST_REQUIRE(palette.has_error());
        BOOST_TEST((palette.error().code == PictureErrc::bad_image));
    }
    auto const page = palette_of("<html>").error().message();
    BOOST_TEST(page.find("link to the image itself") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(bombs_are_refused_before_memory_is_allocated) {
    auto const bomb = palette_of(png_claiming(60'000, 60'000));
    BOOST_REQUIRE(bomb.has_error());
    BOOST_TEST((bomb.error().code == PictureErrc::image_too_large), bomb.error().message());
    BOOST_TEST(palette_of(png_claiming(0, 1)).has_error());
    BOOST_TEST(palette_of(png_claiming(0xffffffff, 0xffffffff)).has_error());
    auto const heavy = palette_of(std::string(image_bytes_max + 1, '\0'));
    BOOST_TEST((heavy.error().code == PictureErrc::image_too_large));

    auto jpeg = files[1]; // its frame header with a size near the largest
    auto const frame = jpeg.find("\xff\xc2");
    BOOST_REQUIRE(frame != std::string::npos);
    jpeg.replace(frame + 5, 4, "\xfe\xfe\xfe\xfe");
    auto const claimed = palette_of(jpeg);
    BOOST_REQUIRE(claimed.has_error());
    BOOST_TEST((claimed.error().code == PictureErrc::image_too_large));
}

BOOST_AUTO_TEST_CASE(a_transparent_image_has_no_colour_to_take) {
    // 1 x 1, wholly transparent, as WebP tools write it.
    std::string const clear("RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88"
                            "\xfe\x07\0",
                            34);
    auto const palette = palette_of(clear);
    BOOST_REQUIRE(palette.has_error());
    BOOST_TEST(palette.error().message().find("transparent") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
