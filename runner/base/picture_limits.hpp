// Limits of the pictures that are decoded: the grids that the client cuts, and the input images of
// the built-in service. The decoders are two; what a file may cost them is one matter.
#pragma once

#include <cstddef>
#include <cstdint>

namespace darkroom {

/// 256 MB of pixels, and above the largest upscale's.
inline constexpr std::uint64_t picture_pixels_max = 64'000'000;
/// The number of pixels is the real limit.
inline constexpr std::uint32_t png_side_max = 1u << 20;
/// Colour profiles and comments of a PNG, which are not needed, each and together.
inline constexpr std::size_t png_chunk_bytes_max = 8u << 20;
inline constexpr std::size_t png_chunks_bytes_max = 16u << 20;
/// Progressive files may hold any number of scans over the whole picture; real ones have about ten.
inline constexpr int jpeg_scans_max = 64;
/// Progressive files also keep every coefficient: 64 megapixels need 400 MB.
inline constexpr long jpeg_bytes_max = 512l << 20;

} // namespace darkroom
