#include "runner/store/png_rows.hpp"

#include "runner/base/picture_limits.hpp"

#include <libdeflate.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>

namespace darkroom::store {

namespace {

constexpr std::size_t signature_bytes = 8;
constexpr std::size_t around_chunk = 12; // its length, name and checksum
constexpr unsigned filters_end = 5;

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = at; i < at + 4; ++i)
        number = number << 8 | static_cast<unsigned char>(bytes[i]);
    return number;
}

/// Buffers that a thread uses again: fresh ones cost a page fault for every 4 KiB.
struct Spare {
    std::string compressed;
    std::vector<std::uint8_t> rows;
};

Spare& spare() {
    thread_local Spare buffers;
    return buffers;
}

struct FreeDecompressor {
    void operator()(libdeflate_decompressor* one) const { libdeflate_free_decompressor(one); }
};

/// The pixel before the one at hand stays in registers: to read back what was just written waits
/// for it.
template <std::size_t Channels>
using Pixel = std::array<std::uint8_t, Channels>;

template <std::size_t Channels>
void undo_sub(std::uint8_t* row, std::size_t bytes) {
    Pixel<Channels> left{};
    for (auto const* const end = row + bytes; row != end; row += Channels)
        for (std::size_t part = 0; part < Channels; ++part)
            row[part] = left[part] = static_cast<std::uint8_t>(row[part] + left[part]);
}

void undo_up(std::uint8_t* row, std::uint8_t const* above, std::size_t bytes) {
    for (std::size_t at = 0; at < bytes; ++at)
        row[at] = static_cast<std::uint8_t>(row[at] + above[at]);
}

template <std::size_t Channels>
void undo_average(std::uint8_t* row, std::uint8_t const* above, std::size_t bytes) {
    Pixel<Channels> left{};
    for (auto const* const end = row + bytes; row != end; row += Channels, above += Channels)
        for (std::size_t part = 0; part < Channels; ++part)
            row[part] = left[part] =
                static_cast<std::uint8_t>(row[part] + (left[part] + above[part]) / 2);
}

/// Returns the neighbour that is nearest to left + above - corner; of equal ones the first.
std::uint8_t paeth(int left, int above, int corner) {
    int const to_left = std::abs(above - corner);
    int const to_above = std::abs(left - corner);
    int const to_corner = std::abs(left + above - 2 * corner);
    int const nearer = to_above <= to_corner ? above : corner;
    return static_cast<std::uint8_t>(to_left <= to_above && to_left <= to_corner ? left : nearer);
}

template <std::size_t Channels>
void undo_paeth(std::uint8_t* row, std::uint8_t const* above, std::size_t bytes) {
    Pixel<Channels> left{};
    Pixel<Channels> corner{};
    for (auto const* const end = row + bytes; row != end; row += Channels, above += Channels)
        for (std::size_t part = 0; part < Channels; ++part) {
            auto const guess = paeth(left[part], above[part], corner[part]);
            corner[part] = above[part];
            row[part] = left[part] = static_cast<std::uint8_t>(row[part] + guess);
        }
}

} // namespace

PngRows::PngRows() { rows_.swap(spare().rows); }

PngRows::~PngRows() {
    if (rows_.capacity() > 0) rows_.swap(spare().rows);
    if (spare().compressed.capacity() > inflated_rows_bytes_max) spare().compressed = {};
}

bool PngRows::read_header(std::string_view header) {
    constexpr char rgb = 2;
    constexpr char rgba = 6;
    bool const is_usual = header.size() == 13 && header[8] == 8 &&
                          (header[9] == rgb || header[9] == rgba) && header[10] == 0 &&
                          header[11] == 0 && header[12] == 0;
    if (!is_usual) return false;
    size_ = {number_at(header, 0), number_at(header, 4)};
    channels_ = header[9] == rgb ? 3 : 4;
    bool const has_sides = size_.width > 0 && size_.width <= png_side_max && size_.height > 0 &&
                           size_.height <= png_side_max;
    return has_sides && (row_bytes() + 1) * std::uint64_t{size_.height} <= inflated_rows_bytes_max;
}

bool PngRows::inflate(std::string_view compressed) {
    std::unique_ptr<libdeflate_decompressor, FreeDecompressor> const decompressor(
        libdeflate_alloc_decompressor());
    if (!decompressor) return false;
    rows_.resize((row_bytes() + 1) * size_.height);
    return libdeflate_zlib_decompress(decompressor.get(), compressed.data(), compressed.size(),
                                      rows_.data(), rows_.size(), nullptr) == LIBDEFLATE_SUCCESS;
}

bool PngRows::has_known_filters() const {
    for (std::size_t at = 0; at < rows_.size(); at += row_bytes() + 1)
        if (rows_[at] >= filters_end) return false;
    return true;
}

std::optional<PngRows> PngRows::of(std::string_view bytes) {
    PngRows png;
    auto& compressed = spare().compressed;
    compressed.clear();
    for (auto at = signature_bytes; at + around_chunk <= bytes.size();) {
        std::size_t const size = number_at(bytes, at);
        if (size > bytes.size() - at - around_chunk) return std::nullopt;
        auto const name = bytes.substr(at + 4, 4);
        auto const data = bytes.substr(at + 8, size);
        bool const is_second = name == "IHDR" && png.channels_ != 0;
        if (is_second || (name == "IHDR" && !png.read_header(data))) return std::nullopt;
        if (png.channels_ == 0 || name == "tRNS") return std::nullopt;
        if (name == "IDAT") {
            if (compressed.empty()) compressed.reserve(bytes.size() - at);
            compressed += data;
        }
        if (name == "IEND") {
            if (!png.inflate(compressed) || !png.has_known_filters()) return std::nullopt;
            png.nothing_.assign(png.row_bytes(), 0);
            return png;
        }
        at += size + around_chunk;
    }
    return std::nullopt;
}

template <std::size_t Channels>
void PngRows::undo(unsigned filter, std::uint8_t* row, std::uint8_t const* above) const {
    switch (filter) {
    case 1: return undo_sub<Channels>(row, row_bytes());
    case 2: return undo_up(row, above, row_bytes());
    case 3: return undo_average<Channels>(row, above, row_bytes());
    case 4: return undo_paeth<Channels>(row, above, row_bytes());
    default: return;
    }
}

std::uint8_t const* PngRows::next() {
    auto* const row = rows_.data() + at_ + 1;
    auto const* const above = at_ == 0 ? nothing_.data() : row - (row_bytes() + 1);
    unsigned const filter = rows_[at_];
    at_ += row_bytes() + 1;
    if (channels_ == 3)
        undo<3>(filter, row, above);
    else
        undo<4>(filter, row, above);
    return row;
}

} // namespace darkroom::store
