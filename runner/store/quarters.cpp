#include "runner/store/quarters.hpp"

#include "runner/store/error.hpp"
#include "runner/store/file.hpp"

#include <fmt/format.h>
#include <spng.h>
#include <webp/decode.h>

#include <cstdlib>
#include <memory>
#include <new>

namespace darkroom::store {

namespace {

struct FreePng {
    void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};
using Png = std::unique_ptr<spng_ctx, FreePng>;

struct FreeMemory {
    void operator()(void* memory) const { std::free(memory); }
};

Png new_png(int flags) {
    Png png(spng_ctx_new(flags));
    if (!png) throw std::bad_alloc();
    return png;
}

Error png_error(int code) { return {Errc::bad_structure, spng_strerror(code)}; }

Result<Pixels> decode_png(std::string_view bytes, std::uint64_t most) {
    auto const png = new_png(0);
    spng_ihdr header{};
    spng_set_image_limits(png.get(), png_side_max, png_side_max);
    spng_set_chunk_limits(png.get(), png_chunk_bytes_max, png_chunks_bytes_max);
    int code = spng_set_png_buffer(png.get(), bytes.data(), bytes.size());
    if (code == 0) code = spng_get_ihdr(png.get(), &header);
    if (code != 0) return png_error(code);
    TRY(check_pixels(header.width, header.height, most));
    auto pixels = blank_pixels(header.width, header.height);
    code = spng_decode_image(png.get(), pixels.rgba.data(), pixels.rgba.size(), SPNG_FMT_RGBA8,
                             SPNG_DECODE_TRNS);
    if (code != 0) return png_error(code);
    return pixels;
}

Result<Pixels> decode_webp(std::string_view bytes, std::uint64_t most) {
    auto const* data = reinterpret_cast<std::uint8_t const*>(bytes.data());
    WebPBitstreamFeatures features{};
    if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK)
        return Error(Errc::bad_structure, "the WebP header");
    if (features.has_animation != 0) return Error(Errc::bad_structure, "the WebP is animated");
    auto const width = static_cast<std::uint32_t>(features.width);
    auto const height = static_cast<std::uint32_t>(features.height);
    TRY(check_pixels(width, height, most));
    auto pixels = blank_pixels(width, height);
    if (WebPDecodeRGBAInto(data, bytes.size(), pixels.rgba.data(), pixels.rgba.size(),
                           features.width * 4) == nullptr)
        return Error(Errc::bad_structure, "the WebP data");
    return pixels;
}

bool is_opaque(Pixels const& pixels) {
    for (std::size_t at = 3; at < pixels.rgba.size(); at += 4)
        if (pixels.rgba[at] != 255) return false;
    return true;
}

struct Corner {
    std::uint32_t x = 0;
    std::uint32_t y = 0;
};

/// `channels`: 3 leaves the alpha out.
std::vector<std::uint8_t> quarter_at(Pixels const& grid, Corner corner, std::size_t channels) {
    std::vector<std::uint8_t> quarter;
    quarter.reserve(channels * (grid.width / 2) * (grid.height / 2));
    for (std::uint32_t y = corner.y; y < corner.y + grid.height / 2; ++y) {
        auto const row = std::size_t{y} * grid.width;
        for (std::uint32_t x = corner.x; x < corner.x + grid.width / 2; ++x) {
            auto const* pixel = grid.rgba.data() + 4 * (row + x);
            quarter.insert(quarter.end(), pixel, pixel + channels);
        }
    }
    return quarter;
}

Result<std::string> encode_png(spng_ihdr header, std::vector<std::uint8_t> const& data) {
    auto const png = new_png(SPNG_CTX_ENCODER);
    std::size_t size = 0;
    int code = spng_set_option(png.get(), SPNG_ENCODE_TO_BUFFER, 1);
    if (code == 0) code = spng_set_ihdr(png.get(), &header);
    if (code == 0)
        code = spng_encode_image(png.get(), data.data(), data.size(), SPNG_FMT_PNG,
                                 SPNG_ENCODE_FINALIZE);
    if (code != 0) return png_error(code);
    std::unique_ptr<void, FreeMemory> const memory(spng_get_png_buffer(png.get(), &size, &code));
    if (code != 0) return png_error(code);
    return std::string(static_cast<char const*>(memory.get()), size);
}

} // namespace

Result<Pixels> decode_picture(std::string_view bytes, std::uint64_t most) {
    if (bytes.starts_with("\x89PNG")) return decode_png(bytes, most);
    if (bytes.starts_with("\xff\xd8")) return decode_jpeg(bytes, most);
    if (bytes.starts_with("RIFF")) return decode_webp(bytes, most);
    return Error(Errc::not_an_image, "neither PNG, JPEG nor WebP");
}

Result<> check_pixels(std::uint64_t width, std::uint64_t height, std::uint64_t most) {
    if (width == 0 || height == 0) return Error(Errc::bad_structure, "the picture is empty");
    if (width <= most / height) return {};
    return Error(Errc::too_large,
                 fmt::format("{}x{} pixels to decode, limit {}", width, height, most));
}

Pixels blank_pixels(std::uint32_t width, std::uint32_t height) {
    Pixels pixels;
    pixels.width = width;
    pixels.height = height;
    pixels.rgba.resize(std::size_t{4} * width * height);
    return pixels;
}

Result<std::vector<std::string>> quarters_of(Pixels const& grid) {
    if (grid.width < 2 || grid.height < 2)
        return Error(Errc::bad_structure, "too small to be cut in four");
    bool const opaque = is_opaque(grid);
    spng_ihdr header{};
    header.width = grid.width / 2;
    header.height = grid.height / 2;
    header.bit_depth = 8;
    header.color_type = opaque ? SPNG_COLOR_TYPE_TRUECOLOR : SPNG_COLOR_TYPE_TRUECOLOR_ALPHA;
    std::vector<std::string> quarters;
    for (Corner const corner : {Corner{0, 0}, Corner{header.width, 0}, Corner{0, header.height},
                                Corner{header.width, header.height}}) {
        TRY_ASSIGN(auto quarter, encode_png(header, quarter_at(grid, corner, opaque ? 3 : 4)));
        quarters.push_back(std::move(quarter));
    }
    return quarters;
}

Result<std::vector<std::string>> cut_in_four(std::string const& path) {
    TRY_ASSIGN(auto const bytes, read_file(path, grid_bytes_max));
    TRY_ASSIGN(auto const grid, decode_picture(bytes));
    return quarters_of(grid);
}

} // namespace darkroom::store
