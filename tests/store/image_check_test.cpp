#include "runner/store/image_check.hpp"

#include "runner/store/error.hpp"
#include "tests/store/image_samples.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;

namespace {

Result<ImageFacts> check(std::string_view bytes, std::size_t piece = 1u << 20,
                         Content content = Content::image) {
    ImageCheck image(content);
    while (!bytes.empty()) {
        auto const part = bytes.substr(0, piece);
        auto fed = image.feed(part);
        if (fed.has_error()) return fed.error();
        bytes.remove_prefix(part.size());
    }
    return image.finish();
}

struct Sample {
    std::string name;
    std::string bytes;
    std::string format;
    std::uint32_t width;
    std::uint32_t height;
};

std::vector<Sample> samples() {
    return {{"png", make_png({7, 5}), "png", 7, 5},
            {"png with an ancillary chunk", make_png({300, 2}, 100), "png", 300, 2},
            {"jpeg", make_jpeg({640, 480}), "jpeg", 640, 480},
            {"webp lossy", make_webp_lossy({33, 44}), "webp", 33, 44},
            {"webp lossless", make_webp_lossless({1, 16384}), "webp", 1, 16384},
            {"webp extended", make_webp_extended({500, 400}), "webp", 500, 400}};
}

void expect_error(std::string const& bytes, error_code code, std::string_view text) {
    auto const result = check(bytes);
    BOOST_REQUIRE_MESSAGE(result.has_error(), "accepted, expected: " << text);
    BOOST_TEST(result.error().code == code, result.error().message());
    BOOST_TEST(result.error().detail.find(text) != std::string::npos,
               "'" << result.error().detail << "' does not say '" << text << "'");
}

/// A box of an MP4.
std::string box(std::string const& type, std::string const& body) {
    auto const size = static_cast<std::uint32_t>(8 + body.size());
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift & 0xff);
    return bytes + type + body;
}

std::string const mp4_start = box("ftyp", "isom\0\0\2\0mp41") + box("moov", std::string(40, 'm'));

} // namespace

BOOST_AUTO_TEST_SUITE(image_check)

BOOST_AUTO_TEST_CASE(a_whole_mp4_is_a_video_in_pieces_of_any_size) {
    std::string const eight("\0\0\0\0\0\0\0\x14", 8); // a size of 64 bits: 20
    std::string const good[] = {
        mp4_start + box("mdat", std::string(1000, 'd')),
        box("ftyp", "mp42") + box("mdat", "x") + box("free", "") + box("moov", "y"),
        mp4_start + std::string("\0\0\0\1mdat", 8) + eight + "data",
        mp4_start + std::string("\0\0\0\0mdat", 8) + std::string(99, 'd'), // up to the end
    };
    for (auto const& bytes : good) {
        for (std::size_t const piece : {1u, 3u, 7u, 1u << 20}) {
            auto const facts = check(bytes, piece, Content::video);
            BOOST_REQUIRE_MESSAGE(facts.has_value(), facts.error().message());
            BOOST_TEST(facts->format == "mp4");
        }
        BOOST_TEST(check(bytes).has_error()); // it is no image
    }
}

BOOST_AUTO_TEST_CASE(a_cut_or_strange_mp4_is_refused) {
    struct Row {
        std::string bytes;
        std::string_view text;
    };
    auto const whole = mp4_start + box("mdat", std::string(100, 'd'));
    Row const rows[] = {{whole.substr(0, whole.size() - 1), "ends; box 'mdat' says"},
                        {whole + std::string(3, '\0'), "inside a box's header"},
                        {mp4_start, "no box 'mdat'"},
                        {box("ftyp", "mp42") + box("mdat", "x"), "no box 'moov'"},
                        {box("ftyp", "mp42") + std::string("\0\0\0\7moov", 8), "a box of 7 bytes"},
                        {"<!doctype html><html>", "not an MP4 or WebP"},
                        {make_png({7, 5}), "not an MP4 or WebP"},
                        {"", "only 0 bytes"}};
    for (auto const& row : rows) {
        auto const result = check(row.bytes, 1u << 20, Content::video);
        BOOST_TEST_CONTEXT(row.text) {
            BOOST_REQUIRE(result.has_error());
            BOOST_TEST(result.error().detail.find(row.text) != std::string::npos,
                       result.error().detail);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_video_may_be_a_webp_and_a_text_anything) {
    auto const webp = check(make_webp_extended({500, 400}), 1u << 20, Content::video);
    BOOST_TEST(webp.value().format == "webp");
    for (auto const* text : {"7", "a longer text than a head has bytes"})
        BOOST_TEST(check(text, 1u << 20, Content::text).value().format == "txt");
}

BOOST_AUTO_TEST_CASE(whole_images_of_each_format_give_their_size) {
    for (auto const& sample : samples()) {
        auto const facts = check(sample.bytes);
        BOOST_REQUIRE_MESSAGE(facts.has_value(), sample.name << ": " << facts.error().message());
        BOOST_TEST(facts->format == sample.format);
        BOOST_TEST(facts->width == sample.width);
        BOOST_TEST(facts->height == sample.height);
    }
}

BOOST_AUTO_TEST_CASE(pieces_of_any_size_give_the_same) {
    for (auto const& sample : samples()) {
        for (std::size_t piece = 1; piece < 40; ++piece) {
            auto const facts = check(sample.bytes, piece);
            BOOST_REQUIRE_MESSAGE(facts.has_value(), sample.name << " in pieces of " << piece);
            BOOST_TEST(facts->width == sample.width);
        }
    }
}

BOOST_AUTO_TEST_CASE(every_cut_is_refused) {
    for (auto const& sample : samples()) {
        for (std::size_t size = 0; size < sample.bytes.size(); ++size)
            BOOST_TEST(check(sample.bytes.substr(0, size)).has_error(),
                       sample.name << " cut to " << size);
    }
}

BOOST_AUTO_TEST_CASE(bytes_after_the_end_are_counted) {
    for (auto const& sample : samples()) {
        for (auto const& rest : {std::string(), std::string("x"), sample.bytes,
                                 std::string("<html>"), std::string(1000, '\0')}) {
            for (std::size_t const piece : {1u, 7u, 1u << 20}) {
                auto const facts = check(sample.bytes + rest, piece);
                BOOST_REQUIRE_MESSAGE(facts.has_value(), sample.name << " and " << rest);
                BOOST_TEST(facts->trailing == rest.size(), sample.name);
                BOOST_TEST(facts->width == sample.width);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(every_changed_bit_of_a_png_is_refused) {
    auto const whole = make_png({7, 5}, 9);
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            auto forged = whole;
            forged[at] = static_cast<char>(forged[at] ^ 1 << bit);
            BOOST_TEST(check(forged).has_error(), "bit " << bit << " of byte " << at);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_image_is_called_by_its_first_bytes) {
    expect_error("", Errc::not_an_image, "only 0 bytes");
    expect_error("short", Errc::not_an_image, "only 5 bytes: 'short'");
    expect_error("<!DOCTYPE html><html>", Errc::not_an_image, "begins with '<!DOCTYPE ht'");
    expect_error(std::string("RIFF\x04\0\0\0WAVEfmt ", 16), Errc::not_an_image, "WAVE");
    expect_error("\x89PNG\n\x1a\n and then some", Errc::not_an_image, "\\x89PNG");
}

BOOST_AUTO_TEST_CASE(a_png_is_wrong_at_a_chunk_and_a_byte) {
    std::string const header = png_header({2, 2});
    auto crc = make_png({7, 5});
    crc[41 + 3] = static_cast<char>(crc[41 + 3] ^ 1);
    expect_error(crc, Errc::bad_structure, "PNG chunk IDAT at byte 33: CRC mismatch");
    struct Row {
        std::vector<std::pair<std::string, std::string>> chunks;
        std::string_view text;
    };
    auto const with_byte = [&](std::size_t at, char value) {
        auto changed = header;
        changed[at] = value;
        return changed;
    };
    Row const rows[] = {
        {{{"IDAT", "x"}}, "chunk IDAT at byte 8: IHDR must be first"},
        {{{"IHDR", header}, {"IHDR", header}}, "chunk IHDR at byte 33: IHDR must be first"},
        {{{"IHDR", header + "x"}}, "not 13 bytes"},
        {{{"IHDR", header}, {"IEND", ""}}, "no IDAT chunk before it"},
        {{{"IHDR", header}, {"IDAT", "x"}, {"IEND", "x"}}, "is not empty"},
        {{{"IHDR", header}, {"IDAT", "x"}, {"tEXt", "t"}, {"IDAT", "y"}}, "between the image data"},
        {{{"IHDR", header}, {"IDAT", "x"}, {"PLTE", "rgb"}}, "after the image data"},
        {{{"IHDR", header}, {"ABCD", "x"}}, "chunk ABCD at byte 33: is critical and not known"},
        {{{"IHDR", header}, {"I\x01!T", "x"}}, "not four letters"},
        {{{"IHDR", png_header({0, 2})}}, "0x2 pixels"},
        {{{"IHDR", png_header({2, 0x8000'0000u})}}, "2x2147483648 pixels"},
        {{{"IHDR", with_byte(9, 5)}}, "colour type 5 with 8 bits"},
        {{{"IHDR", with_byte(8, 3)}}, "colour type 0 with 3 bits"},
        {{{"IHDR", with_byte(12, 2)}}, "interlace"},
        {{{"IHDR", with_byte(9, 3)}, {"IDAT", "x"}}, "no PLTE before it"},
        {{{"IHDR", header}, {"IDAT", "x"}}, "ends without an IEND chunk"},
    };
    for (auto const& row : rows) expect_error(png_of(row.chunks), Errc::bad_structure, row.text);
}

BOOST_AUTO_TEST_CASE(a_jpeg_is_wrong_at_a_byte) {
    auto const whole = make_jpeg({640, 480});
    auto const without_scan = whole.substr(0, 20 + 13);
    expect_error(without_scan + "\xff\xd9", Errc::bad_structure, "no frame header");
    expect_error(whole.substr(0, 20) + "\xff\xd9", Errc::bad_structure, "no frame header");
    expect_error(whole.substr(0, 20) + "x" + whole.substr(20), Errc::bad_structure,
                 "at byte 20: 0x78 where a marker begins");
    expect_error(whole.substr(0, 20) + "\xff\xd8" + whole.substr(20), Errc::bad_structure,
                 "SOI must be the first marker");
    expect_error(whole.substr(0, 20) + whole.substr(33), Errc::bad_structure,
                 "a scan before its frame");
    expect_error(whole.substr(0, 33) + whole.substr(20), Errc::bad_structure,
                 "a second frame header");
    expect_error(make_jpeg({0, 480}), Errc::bad_structure, "0x480 pixels");
    expect_error(whole.substr(0, 20) + std::string("\xff\xe1\x00\x01", 4) + whole.substr(20),
                 Errc::bad_structure, "shorter than its own length");
}

BOOST_AUTO_TEST_CASE(a_webp_is_wrong_at_a_chunk) {
    auto const lossless = webp_chunk("VP8L", "\x2f" + std::string(10, '\0'));
    expect_error(webp_of(webp_chunk("EXIF", "data")), Errc::bad_structure,
                 "chunk 'EXIF' at byte 12: where the image");
    expect_error(webp_of(webp_chunk("VP8X", std::string(10, '\0'))), Errc::bad_structure,
                 "no image chunk");
    expect_error(webp_of(webp_chunk("VP8X", "short")), Errc::bad_structure, "too short");
    expect_error(webp_of(webp_chunk("VP8L", "not so")), Errc::bad_structure, "no VP8L signature");
    expect_error(webp_of(webp_chunk("VP8 ", std::string(10, 'x'))), Errc::bad_structure,
                 "no VP8 start code");
    expect_error(webp_of(webp_chunk("VP8X", std::string(10, '\1')) + lossless), Errc::bad_structure,
                 "1x1 pixels inside");
    auto longest = webp_of(webp_chunk("VP8 ", std::string(10, 'x')));
    longest.replace(16, 4, 4, '\xff'); // with its padding more than 32 bits
    expect_error(longest, Errc::bad_structure, "longer than the file");
    auto longer = webp_of(lossless);
    longer[16] = 100;
    expect_error(longer, Errc::bad_structure, "longer than the file");
}

BOOST_AUTO_TEST_SUITE_END()
