// The four pictures of a grid, cut out of it.
#pragma once

#include "runner/base/error.hpp"
#include "runner/base/picture_limits.hpp"

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

/// The largest file that is read to be cut.
inline constexpr std::uint64_t grid_bytes_max = 256u << 20;

/// Refuses a picture of more than `most` pixels, or of none, before anything is decoded.
/// Errors: Errc::too_large, Errc::bad_structure.
Result<> check_pixels(std::uint64_t width, std::uint64_t height, std::uint64_t most);

/// Allocates a picture whose size was checked.
Pixels blank_pixels(std::uint32_t width, std::uint32_t height);

/// Decodes a PNG, JPEG or WebP of at most `most` pixels. Its size is known, and checked, before the
/// first pixel is decoded. Errors: Errc::not_an_image, Errc::bad_structure, Errc::too_large.
Result<Pixels> decode_picture(std::string_view bytes, std::uint64_t most = picture_pixels_max);
/// Errors: Errc::bad_structure, Errc::too_large.
Result<Pixels> decode_jpeg(std::string_view bytes, std::uint64_t most);

/// Returns the upper left, upper right, lower left and lower right quarter of a picture, numbered
/// as `upscale1` to `upscale4`; each as the bytes of a PNG file. An odd width or height loses its
/// last column or row. Errors: Errc::bad_structure.
Result<std::vector<std::string>> quarters_of(Pixels const& grid);
/// Does the same with a PNG, JPEG or WebP file. Blocks: reads, decodes and compresses.
/// Errors: the file's, Errc::not_an_image, Errc::bad_structure, Errc::too_large.
Result<std::vector<std::string>> cut_in_four(std::string const& path);

} // namespace darkroom::store
