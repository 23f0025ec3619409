// The four pictures of a grid, cut out of it.
#pragma once

#include "runner/base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::store {

/// A picture with eight bits each of red, green, blue and alpha; rows from top to bottom, no
/// padding.
struct Pixels {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::vector<std::uint8_t> rgba;
};

/// Allocates a picture of that size. Errors: Errc::too_large, Errc::bad_structure for an empty one.
Result<Pixels> blank_pixels(std::uint64_t width, std::uint64_t height);

/// Decodes a PNG, JPEG or WebP. Errors: Errc::not_an_image, Errc::bad_structure, Errc::too_large.
Result<Pixels> decode_picture(std::string_view bytes);
/// Errors: Errc::bad_structure, Errc::too_large.
Result<Pixels> decode_jpeg(std::string_view bytes);

/// Returns the upper left, upper right, lower left and lower right quarter of a PNG, JPEG or WebP
/// file, numbered as `upscale1` to `upscale4`; each as the bytes of a PNG file. An odd width or
/// height loses its last column or row. Blocks: reads, decodes and compresses.
/// Errors: the file's, Errc::not_an_image, Errc::bad_structure, Errc::too_large.
Result<std::vector<std::string>> cut_in_four(std::string const& path);

} // namespace darkroom::store
