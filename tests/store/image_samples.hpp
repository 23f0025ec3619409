// Small images made by hand, so that a test knows each of their bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace darkroom::test {

struct SampleSize {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
};

/// A chunk with its length and its right CRC.
std::string png_chunk(std::string_view type, std::string_view data);
/// The chunks behind a PNG signature.
std::string png_of(std::vector<std::pair<std::string, std::string>> const& chunks);
std::string png_header(SampleSize size);
/// A whole grey PNG; `noise` adds that many bytes of an ancillary chunk.
std::string make_png(SampleSize size, std::size_t noise = 0);

/// A JPEG with one scan that holds stuffed bytes and a restart marker.
std::string make_jpeg(SampleSize size);

std::string webp_chunk(std::string_view name, std::string_view data);
std::string webp_of(std::string_view chunks);
std::string make_webp_lossy(SampleSize size);
std::string make_webp_lossless(SampleSize size);
std::string make_webp_extended(SampleSize size);

} // namespace darkroom::test
