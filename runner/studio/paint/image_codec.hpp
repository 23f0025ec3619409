// Decodes and encodes images. Input is not trusted: every size is checked before memory is
// allocated, and a broken file is an Error, never an exit.
#pragma once

#include "runner/studio/paint/picture.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::studio {

/// Pixels row by row, four bytes each: red, green, blue, alpha.
struct Bitmap {
    Size size;
    std::vector<std::uint8_t> rgba;
};

inline constexpr std::size_t image_bytes_max = 25u << 20; ///< The real service's limit.

/// Decodes PNG, JPEG or WebP, recognised by the first bytes. A JPEG may be decoded at a half,
/// quarter or eighth of its side when it is far larger than `side_wanted`, which spares most of the
/// work. Errors: PictureErrc::bad_image, image_too_large.
Result<Bitmap> decode_image(std::string_view bytes, int side_wanted = side_max);

/// Fills one row of `width` * 3 bytes; called for y = 0, 1, …
using RowPainter = std::function<void(int y, std::span<std::uint8_t> row)>;

/// Encodes a PNG, RGB, with a fast compression; holds one row at a time, not the picture.
std::string encode_png(Size size, RowPainter const& paint_row);
/// Encodes a lossy WebP. `rgb`: width * height * 3 bytes; sides up to 16383.
std::string encode_webp(Size size, std::vector<std::uint8_t> const& rgb);

/// Implemented in image_codec_jpeg.cpp; use decode_image().
Result<Bitmap> decode_jpeg(std::string_view bytes, int side_wanted);
/// Refuses more than `picture_pixels_max`, and sides below 1.
Result<> check_image_size(std::uint64_t width, std::uint64_t height);

} // namespace darkroom::studio
