// Grids are cut into the four pictures that upscale1 to upscale4 would take.
#include "runner/store/quarters.hpp"

#include "runner/store/error.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <spng.h>
#include <webp/encode.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>
#include <zlib.h>

namespace darkroom::store {

namespace {

using Colour = std::array<std::uint8_t, 4>;
constexpr std::array<Colour, 4> colours{
    {{250, 0, 0, 255}, {0, 250, 0, 255}, {0, 0, 250, 255}, {200, 200, 200, 255}}};
constexpr std::uint32_t side = 32;

/// Four squares of one colour each.
std::vector<std::uint8_t> grid_of(std::uint8_t alpha, std::size_t channels) {
    std::vector<std::uint8_t> data;
    for (std::uint32_t y = 0; y < side; ++y) {
        for (std::uint32_t x = 0; x < side; ++x) {
            auto colour = colours.at(2 * (2 * y / side) + 2 * x / side);
            colour[3] = alpha;
            data.insert(data.end(), colour.begin(), colour.begin() + static_cast<long>(channels));
        }
    }
    return data;
}

std::string png_of(std::vector<std::uint8_t> const& rgba) {
    auto* png = spng_ctx_new(SPNG_CTX_ENCODER);
    spng_set_option(png, SPNG_ENCODE_TO_BUFFER, 1);
    spng_ihdr header{side, side, 8, SPNG_COLOR_TYPE_TRUECOLOR_ALPHA, 0, 0, 0};
    spng_set_ihdr(png, &header);
    spng_encode_image(png, rgba.data(), rgba.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
    std::size_t size = 0;
    int code = 0;
    auto* memory = static_cast<char*>(spng_get_png_buffer(png, &size, &code));
    std::string bytes(memory, size);
    std::free(memory);
    spng_ctx_free(png);
    return bytes;
}

std::string webp_of(std::vector<std::uint8_t> const& rgba) {
    std::uint8_t* memory = nullptr;
    auto const size = WebPEncodeLosslessRGBA(rgba.data(), side, side, side * 4, &memory);
    std::string bytes(reinterpret_cast<char*>(memory), size);
    WebPFree(memory);
    return bytes;
}

std::string jpeg_of(std::vector<std::uint8_t> rgb) {
    jpeg_compress_struct jpeg{};
    jpeg_error_mgr errors{};
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    unsigned char* memory = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&jpeg, &memory, &size);
    jpeg.image_width = jpeg.image_height = side;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 95, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    for (std::size_t y = 0; y < side; ++y) {
        JSAMPROW row = rgb.data() + y * side * 3;
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    std::string bytes(reinterpret_cast<char*>(memory), size);
    jpeg_destroy_compress(&jpeg);
    std::free(memory);
    return bytes;
}

/// Returns a grey progressive JPEG of 10 to 128 scans, a frequency or more each.
std::string jpeg_in_scans(int wanted) {
    std::vector<jpeg_scan_info> scans{{1, {0}, 0, 0, 0, 1}, {1, {0}, 0, 0, 1, 0}};
    int const single = (wanted - 2) / 2; // each is refined once
    for (int bits = 1; bits >= 0; --bits) {
        for (int i = 0; i < single; ++i) {
            int const last = i + 1 == single ? 63 : i + 1;
            scans.push_back({1, {0}, i + 1, last, bits == 1 ? 0 : 1, bits});
        }
    }
    jpeg_compress_struct jpeg{};
    jpeg_error_mgr errors{};
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    unsigned char* memory = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&jpeg, &memory, &size);
    jpeg.image_width = jpeg.image_height = side;
    jpeg.input_components = 1;
    jpeg.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    jpeg.scan_info = scans.data();
    jpeg.num_scans = static_cast<int>(scans.size());
    jpeg_start_compress(&jpeg, TRUE);
    std::vector<std::uint8_t> row(side, 100);
    for (std::uint32_t y = 0; y < side; ++y) {
        row.at(y % side) = 200;
        JSAMPROW at = row.data();
        jpeg_write_scanlines(&jpeg, &at, 1);
    }
    jpeg_finish_compress(&jpeg);
    std::string bytes(reinterpret_cast<char*>(memory), size);
    jpeg_destroy_compress(&jpeg);
    std::free(memory);
    return bytes;
}

std::string big_endian(std::size_t number) {
    std::string bytes;
    for (unsigned shift : {24u, 16u, 8u, 0u}) bytes += static_cast<char>(number >> shift & 0xff);
    return bytes;
}

/// Returns the PNG with a compressed comment of so many blanks behind its header.
std::string with_comment(std::string const& png, std::size_t blanks) {
    constexpr std::size_t header_end = 33;
    std::string const text(blanks, ' ');
    std::string coded(::compressBound(text.size()), '\0');
    auto size = static_cast<uLongf>(coded.size());
    ::compress(reinterpret_cast<Bytef*>(coded.data()), &size,
               reinterpret_cast<Bytef const*>(text.data()), text.size());
    auto chunk = std::string("zTXtNote\0\0", 10) + coded.substr(0, size);
    auto const sum = ::crc32_z(0, reinterpret_cast<Bytef const*>(chunk.data()), chunk.size());
    auto const length = big_endian(chunk.size() - 4);
    return png.substr(0, header_end) + length + chunk + big_endian(sum) + png.substr(header_end);
}

bool is_near(std::uint8_t a, std::uint8_t b) { return a > b ? a - b < 12 : b - a < 12; }

void check_quarters(std::string const& path, std::string const& bytes, std::uint8_t alpha) {
    test::put_content(path, bytes);
    auto const quarters = test::must(cut_in_four(path));
    BOOST_REQUIRE(quarters.size() == 4u);
    for (std::size_t i = 0; i < 4; ++i) {
        auto const quarter = test::must(decode_picture(quarters[i]));
        BOOST_TEST(quarter.width == side / 2);
        BOOST_TEST(quarter.height == side / 2);
        auto const middle = 4 * (std::size_t{side} / 4 * quarter.width + side / 4);
        for (std::size_t channel = 0; channel < 3; ++channel)
            BOOST_TEST(is_near(quarter.rgba.at(middle + channel), colours.at(i).at(channel)));
        BOOST_TEST(quarter.rgba.at(middle + 3) == alpha);
    }
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_grid_is_cut_in_the_order_of_upscale1_to_upscale4, test::TempDirectory) {
    auto const path = *this / "grid";
    check_quarters(path, png_of(grid_of(255, 4)), 255);
    check_quarters(path, png_of(grid_of(128, 4)), 128); // transparent pixels stay transparent
    check_quarters(path, webp_of(grid_of(255, 4)), 255);
    check_quarters(path, jpeg_of(grid_of(255, 3)), 255);
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_decoded_is_an_error_not_a_picture, test::TempDirectory) {
    auto const path = *this / "grid";
    auto const png = png_of(grid_of(255, 4));
    auto const jpeg = jpeg_of(grid_of(255, 3));
    auto const webp = webp_of(grid_of(255, 4));
    for (std::string const& bytes :
         {std::string(), std::string("<html>"), png.substr(0, 60), webp.substr(0, 40),
          jpeg.substr(0, 20), "\xff\xd8" + std::string(50, 'x')}) {
        test::put_content(path, bytes);
        BOOST_TEST(cut_in_four(path).has_error());
    }
    BOOST_TEST(cut_in_four(*this / "none").has_error());
    BOOST_TEST(check_pixels(1u << 20, 1u << 20, picture_pixels_max).has_error());
    BOOST_TEST(check_pixels(0, 5, picture_pixels_max).has_error());
    BOOST_TEST(check_pixels(8'000, 8'000, picture_pixels_max).has_value());
}

BOOST_AUTO_TEST_CASE(a_picture_that_claims_a_huge_size_is_not_decoded) {
    for (auto jpeg : {jpeg_of(grid_of(255, 3)), jpeg_in_scans(128)}) {
        auto frame = jpeg.find("\xff\xc2"); // of a progressive one
        if (frame == std::string::npos) frame = jpeg.find("\xff\xc0");
        BOOST_REQUIRE(frame != std::string::npos);
        jpeg.replace(frame + 5, 4, "\xfe\xfe\xfe\xfe");
        auto const decoded = decode_picture(jpeg);
        BOOST_REQUIRE(decoded.has_error());
        BOOST_TEST((decoded.error().code == Errc::too_large), decoded.error().message());
    }
}

BOOST_AUTO_TEST_CASE(a_comment_that_swells_is_not_unpacked) {
    auto const png = png_of(grid_of(255, 4));
    BOOST_TEST(decode_picture(with_comment(png, 1u << 20)).has_value());
    BOOST_TEST(decode_picture(with_comment(png, 2 * png_chunks_bytes_max)).has_error());
}

BOOST_AUTO_TEST_CASE(a_jpeg_of_very_many_scans_is_not_decoded) {
    BOOST_TEST(decode_picture(jpeg_in_scans(10)).has_value());
    BOOST_TEST(decode_picture(jpeg_in_scans(jpeg_scans_max)).has_value());
    auto const many = decode_picture(jpeg_in_scans(128));
    BOOST_REQUIRE(many.has_error());
    BOOST_TEST(many.error().detail == "a JPEG of more than 64 scans");
}

} // namespace darkroom::store
