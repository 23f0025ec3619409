#include "tests/fuzz/png_sums.hpp"

#include <string_view>
#include <zlib.h>

namespace darkroom::fuzz {

namespace {

constexpr std::size_t signature = 8;
constexpr std::size_t around = 12; // length, type and CRC of a PNG chunk

std::size_t number_at(std::string_view bytes, std::size_t at) {
    std::size_t value = 0;
    for (char const c : bytes.substr(at, 4)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

} // namespace

std::string with_right_sums(std::string bytes) {
    for (auto at = signature; at + around <= bytes.size();) {
        auto const length = number_at(bytes, at);
        if (length > bytes.size() - at - around) break;
        auto const covered = bytes.substr(at + 4, 4 + length);
        auto const sum =
            ::crc32_z(0, reinterpret_cast<Bytef const*>(covered.data()), covered.size());
        for (std::size_t i = 0; i < 4; ++i)
            bytes[at + 8 + length + i] = static_cast<char>(sum >> (24 - 8 * i) & 0xff);
        at += around + length;
    }
    return bytes;
}

} // namespace darkroom::fuzz
