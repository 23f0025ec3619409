// A small picture of a large one, and the colour that it mostly has.
#pragma once

#include "runner/base/error.hpp"
#include "runner/store/reducer.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace darkroom::store {

/// The longest side of a thumbnail, in pixels.
inline constexpr std::uint32_t thumbnail_side = 384;
/// The largest file that gets a thumbnail. Its rows are decoded one at a time, so that its pixels
/// take no memory.
inline constexpr std::uint64_t thumbnail_source_bytes_max = 64u << 20;
/// Pixels of an interlaced PNG, which cannot be decoded by rows.
inline constexpr std::uint64_t interlaced_pixels_max = 16'000'000;
/// Memory of the JPEG decoder for one: coefficients of a progressive file of 30 megapixels.
inline constexpr long thumbnail_jpeg_bytes_max = 96l << 20;

struct Thumbnail {
    std::string webp;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint32_t colour = 0; ///< 0xRRGGBB, see dominant_colour().
};

/// Reduces a PNG, JPEG or WebP so that its longest side is at most `side`; a smaller picture keeps
/// its size. The aspect stays. Errors: not_an_image, bad_structure, too_large.
Result<Reduced> reduce_picture(std::string_view bytes, std::uint32_t side = thumbnail_side);
/// Does it for a JPEG. Errors: bad_structure, too_large.
Result<Reduced> reduce_jpeg(std::string_view bytes, std::uint32_t side);

/// Returns the mean of the most frequent kind of colour, vivid ones counted more: 0xRRGGBB.
std::uint32_t dominant_colour(Reduced const& picture);

/// Makes the thumbnail of a file. Errors: those of reduce_picture().
Result<Thumbnail> make_thumbnail(std::string_view bytes);

} // namespace darkroom::store
