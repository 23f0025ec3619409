#include "tests/store/image_samples.hpp"

#include <zlib.h>

namespace darkroom::test {

namespace {

char byte_of(std::uint32_t value, int shift) { return static_cast<char>(value >> shift & 0xff); }

std::string big_endian(std::uint32_t value) {
    return {byte_of(value, 24), byte_of(value, 16), byte_of(value, 8), byte_of(value, 0)};
}

std::string little_endian(std::uint32_t value, std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) text += byte_of(value, static_cast<int>(8 * i));
    return text;
}

std::string big_endian_pair(std::uint32_t value) { return {byte_of(value, 8), byte_of(value, 0)}; }

std::string deflated(std::string const& bytes) {
    uLongf size = compressBound(bytes.size());
    std::string out(size, '\0');
    compress(reinterpret_cast<Bytef*>(out.data()), &size,
             reinterpret_cast<Bytef const*>(bytes.data()), bytes.size());
    out.resize(size);
    return out;
}

std::string vp8l_payload(SampleSize size) {
    return "\x2f" + little_endian((size.width - 1) | (size.height - 1) << 14, 4) + "pixels";
}

} // namespace

std::string png_chunk(std::string_view type, std::string_view data) {
    std::string const body = std::string(type) + std::string(data);
    auto const crc = crc32_z(0, reinterpret_cast<Bytef const*>(body.data()), body.size());
    return big_endian(static_cast<std::uint32_t>(data.size())) + body +
           big_endian(static_cast<std::uint32_t>(crc));
}

std::string png_of(std::vector<std::pair<std::string, std::string>> const& chunks) {
    std::string out = "\x89PNG\r\n\x1a\n";
    for (auto const& [type, data] : chunks) out += png_chunk(type, data);
    return out;
}

std::string png_header(SampleSize size) {
    return big_endian(size.width) + big_endian(size.height) + std::string("\x08\0\0\0\0", 5);
}

std::string make_png(SampleSize size, std::size_t noise) {
    std::string const rows(std::size_t{size.height} * (size.width + 1), '\0');
    std::vector<std::pair<std::string, std::string>> chunks{{"IHDR", png_header(size)}};
    if (noise > 0) chunks.emplace_back("npTx", std::string(noise, 'n'));
    chunks.emplace_back("IDAT", deflated(rows));
    chunks.emplace_back("IEND", "");
    return png_of(chunks);
}

std::string make_jpeg(SampleSize size) {
    std::string out = "\xff\xd8";
    out += std::string("\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0", 18);
    out += std::string("\xff\xc0\x00\x0b\x08", 5);
    out += big_endian_pair(size.height) + big_endian_pair(size.width);
    out += std::string("\x01\x01\x11\x00", 4);
    out += std::string("\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00", 10);
    out += std::string("ab\xff\x00"
                       "cd\xff\xd0"
                       "ef",
                       10);
    return out + "\xff\xd9";
}

std::string webp_chunk(std::string_view name, std::string_view data) {
    std::string out(name);
    out += little_endian(static_cast<std::uint32_t>(data.size()), 4);
    out += data;
    if (data.size() % 2 == 1) out += '\0';
    return out;
}

std::string webp_of(std::string_view chunks) {
    return "RIFF" + little_endian(static_cast<std::uint32_t>(chunks.size() + 4), 4) + "WEBP" +
           std::string(chunks);
}

std::string make_webp_lossy(SampleSize size) {
    std::string const payload = std::string("\x30\x01\x00\x9d\x01\x2a", 6) +
                                little_endian(size.width, 2) + little_endian(size.height, 2) +
                                "pixels";
    return webp_of(webp_chunk("VP8 ", payload));
}

std::string make_webp_lossless(SampleSize size) {
    return webp_of(webp_chunk("VP8L", vp8l_payload(size)));
}

std::string make_webp_extended(SampleSize size) {
    std::string const head =
        std::string(4, '\0') + little_endian(size.width - 1, 3) + little_endian(size.height - 1, 3);
    return webp_of(webp_chunk("VP8X", head) + webp_chunk("VP8L", vp8l_payload(size)) +
                   webp_chunk("EXIF", "odd"));
}

} // namespace darkroom::test
