// PNG by libspng, WebP by libwebp; JPEG has a file of its own. Each decoder reads the header first,
// and only then, when the size is sane, asks for the memory.
#include "runner/studio/paint/image_codec.hpp"

#include "runner/base/picture_limits.hpp"

#include <fmt/format.h>
#include <spng.h>
#include <webp/decode.h>
#include <webp/encode.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace darkroom::studio {

namespace {

struct FreePng {
    void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};
using Png = std::unique_ptr<spng_ctx, FreePng>;

struct FreeWebp {
    void operator()(std::uint8_t* memory) const { WebPFree(memory); }
};

std::uint8_t const* data_of(std::string_view bytes) {
    return reinterpret_cast<std::uint8_t const*>(bytes.data());
}

Error bad_png(int code) {
    return {PictureErrc::bad_image, fmt::format("input image: PNG: {}", spng_strerror(code))};
}

Bitmap blank(std::uint64_t width, std::uint64_t height) {
    Bitmap bitmap;
    bitmap.size = {static_cast<int>(width), static_cast<int>(height)};
    bitmap.rgba.resize(static_cast<std::size_t>(width * height * 4));
    return bitmap;
}

Result<Bitmap> decode_png(std::string_view bytes) {
    Png const context(spng_ctx_new(0));
    if (!context) throw std::bad_alloc();
    spng_set_image_limits(context.get(), png_side_max, png_side_max);
    spng_set_chunk_limits(context.get(), png_chunk_bytes_max, png_chunks_bytes_max);
    if (int const code = spng_set_png_buffer(context.get(), bytes.data(), bytes.size()))
        return bad_png(code);
    spng_ihdr header{};
    if (int const code = spng_get_ihdr(context.get(), &header)) return bad_png(code);
    TRY(check_image_size(header.width, header.height));
    Bitmap bitmap = blank(header.width, header.height);
    int const code = spng_decode_image(context.get(), bitmap.rgba.data(), bitmap.rgba.size(),
                                       SPNG_FMT_RGBA8, SPNG_DECODE_TRNS);
    if (code != 0) return bad_png(code);
    return bitmap;
}

Result<Bitmap> decode_webp(std::string_view bytes) {
    WebPBitstreamFeatures features;
    auto const status = WebPGetFeatures(data_of(bytes), bytes.size(), &features);
    if (status != VP8_STATUS_OK)
        return Error(PictureErrc::bad_image, "input image: WebP: the header is broken or cut off");
    if (features.has_animation)
        return Error(PictureErrc::bad_image, "input image: WebP: animations are not supported");
    auto const width = static_cast<std::uint64_t>(features.width);
    auto const height = static_cast<std::uint64_t>(features.height);
    TRY(check_image_size(width, height));
    Bitmap bitmap = blank(width, height);
    auto const* end = WebPDecodeRGBAInto(data_of(bytes), bytes.size(), bitmap.rgba.data(),
                                         bitmap.rgba.size(), features.width * 4);
    if (end == nullptr)
        return Error(PictureErrc::bad_image, "input image: WebP: the data are broken or cut off");
    return bitmap;
}

/// Encoding our own pixels fails for lack of memory or by a defect here: no caller could decide.
[[noreturn]] void fail_png(int code) {
    throw std::runtime_error(fmt::format("PNG encoder: {}", spng_strerror(code)));
}

void require(int code) {
    if (code != 0) fail_png(code);
}

} // namespace

Result<> check_image_size(std::uint64_t width, std::uint64_t height) {
    if (width == 0 || height == 0)
        return Error(PictureErrc::bad_image, "input image: width or height is 0");
    // Sides come from 32-bit fields, so the product fits.
    if (width * height > picture_pixels_max)
        return Error(PictureErrc::image_too_large,
                     fmt::format("input image: {} x {} pixels; the limit is {} megapixels", width,
                                 height, picture_pixels_max / 1'000'000));
    return {};
}

Result<Bitmap> decode_image(std::string_view bytes, int side_wanted) {
    if (bytes.size() > image_bytes_max)
        return Error(PictureErrc::image_too_large,
                     fmt::format("input image: {} bytes; the limit is {} MB", bytes.size(),
                                 image_bytes_max >> 20));
    if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return decode_png(bytes);
    if (bytes.starts_with("\xff\xd8\xff")) return decode_jpeg(bytes, side_wanted);
    if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP"))
        return decode_webp(bytes);
    return Error(PictureErrc::bad_image,
                 "input image: not a PNG, JPEG or WebP file; link to the image itself, not to a "
                 "page that shows it");
}

std::string encode_png(Size size, RowPainter const& paint_row) {
    Png const context(spng_ctx_new(SPNG_CTX_ENCODER));
    if (!context) throw std::bad_alloc();
    spng_ihdr header{};
    header.width = static_cast<std::uint32_t>(size.width);
    header.height = static_cast<std::uint32_t>(size.height);
    header.bit_depth = 8;
    header.color_type = SPNG_COLOR_TYPE_TRUECOLOR;
    require(spng_set_option(context.get(), SPNG_ENCODE_TO_BUFFER, 1));
    // Level 1 with one fixed filter: a third of the time of the default, a tenth more bytes.
    require(spng_set_option(context.get(), SPNG_IMG_COMPRESSION_LEVEL, 1));
    require(spng_set_option(context.get(), SPNG_FILTER_CHOICE, SPNG_FILTER_CHOICE_SUB));
    require(spng_set_ihdr(context.get(), &header));
    require(spng_encode_image(context.get(), nullptr, 0, SPNG_FMT_PNG,
                              SPNG_ENCODE_PROGRESSIVE | SPNG_ENCODE_FINALIZE));
    std::vector<std::uint8_t> row(static_cast<std::size_t>(size.width) * 3);
    for (int y = 0; y < size.height; ++y) {
        paint_row(y, row);
        int const code = spng_encode_row(context.get(), row.data(), row.size());
        if (code != 0 && code != SPNG_EOI) fail_png(code);
    }
    std::size_t length = 0;
    int code = 0;
    std::unique_ptr<void, decltype(&std::free)> const bytes(
        spng_get_png_buffer(context.get(), &length, &code), &std::free);
    if (!bytes) fail_png(code);
    return {static_cast<char const*>(bytes.get()), length};
}

std::string encode_webp(Size size, std::vector<std::uint8_t> const& rgb) {
    std::uint8_t* memory = nullptr;
    std::size_t const length =
        WebPEncodeRGB(rgb.data(), size.width, size.height, size.width * 3, 75.0f, &memory);
    std::unique_ptr<std::uint8_t, FreeWebp> const bytes(memory);
    if (length == 0) throw std::runtime_error("WebP encoder: no memory, or a side above 16383");
    return {reinterpret_cast<char const*>(bytes.get()), length};
}

} // namespace darkroom::studio
