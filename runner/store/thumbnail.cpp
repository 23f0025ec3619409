#include "runner/store/thumbnail.hpp"

#include "runner/base/picture_limits.hpp"
#include "runner/store/error.hpp"
#include "runner/store/png_rows.hpp"
#include "runner/store/quarters.hpp"
#include "runner/store/reducer.hpp"

#include <fmt/format.h>
#include <spng.h>
#include <webp/decode.h>
#include <webp/encode.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

namespace darkroom::store {

namespace {

struct FreePngDecoder {
    void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};
using PngDecoder = std::unique_ptr<spng_ctx, FreePngDecoder>;

Error spng_problem(int code) { return {Errc::bad_structure, spng_strerror(code)}; }

/// Reads the header, with the limits of every decoder.
Result<PngDecoder> open_png(std::string_view bytes, spng_ihdr& header) {
    PngDecoder png(spng_ctx_new(SPNG_CTX_IGNORE_ADLER32));
    if (!png) throw std::bad_alloc();
    spng_set_image_limits(png.get(), png_side_max, png_side_max);
    spng_set_chunk_limits(png.get(), png_chunk_bytes_max, png_chunks_bytes_max);
    int code = spng_set_png_buffer(png.get(), bytes.data(), bytes.size());
    if (code == 0) code = spng_get_ihdr(png.get(), &header);
    if (code != 0) return spng_problem(code);
    TRY(check_pixels(header.width, header.height, picture_pixels_max));
    return png;
}

bool has_alpha(spng_ctx* png, spng_ihdr const& header) {
    spng_trns transparent{};
    return header.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA ||
           header.color_type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA ||
           spng_get_trns(png, &transparent) == 0;
}

Result<Reduced> reduce_pixels(Pixels const& pixels, std::uint32_t side) {
    PictureSize const size{pixels.width, pixels.height};
    Reducer reducer(size, size_within(size, side), 4);
    for (std::uint32_t row = 0; row < size.height; ++row)
        reducer.add_row(pixels.rgba.data() + std::size_t{4} * size.width * row);
    return reducer.take();
}

Reduced reduce_rows(PngRows& rows, std::uint32_t side) {
    Reducer reducer(rows.size(), size_within(rows.size(), side), rows.channels());
    for (std::uint32_t left = rows.size().height; left > 0; --left) reducer.add_row(rows.next());
    return reducer.take();
}

Result<Reduced> reduce_png(std::string_view bytes, std::uint32_t side) {
    if (auto rows = PngRows::of(bytes)) return reduce_rows(*rows, side);
    spng_ihdr header{};
    TRY_ASSIGN(auto const png, open_png(bytes, header));
    if (header.interlace_method != SPNG_INTERLACE_NONE) {
        TRY_ASSIGN(auto const pixels, decode_picture(bytes, interlaced_pixels_max));
        return reduce_pixels(pixels, side);
    }
    bool const is_clear = has_alpha(png.get(), header);
    std::size_t const channels = is_clear ? 4 : 3;
    int code = spng_decode_image(png.get(), nullptr, 0, is_clear ? SPNG_FMT_RGBA8 : SPNG_FMT_RGB8,
                                 (is_clear ? SPNG_DECODE_TRNS : 0) | SPNG_DECODE_PROGRESSIVE);
    PictureSize const size{header.width, header.height};
    Reducer reducer(size, size_within(size, side), channels);
    std::vector<std::uint8_t> row(channels * size.width);
    for (std::uint32_t left = size.height; code == 0 && left > 0; --left) {
        code = spng_decode_row(png.get(), row.data(), row.size());
        if (code == 0 || (code == SPNG_EOI && left == 1)) reducer.add_row(row.data());
    }
    if (code != 0 && code != SPNG_EOI) return spng_problem(code);
    return reducer.take();
}

/// The decoder reduces the picture itself, row by row.
Result<Reduced> reduce_webp(std::string_view bytes, std::uint32_t side) {
    auto const* data = reinterpret_cast<std::uint8_t const*>(bytes.data());
    WebPDecoderConfig config;
    if (WebPInitDecoderConfig(&config) == 0 ||
        WebPGetFeatures(data, bytes.size(), &config.input) != VP8_STATUS_OK)
        return Error(Errc::bad_structure, "the WebP header");
    if (config.input.has_animation != 0) return Error(Errc::bad_structure, "the WebP is animated");
    PictureSize const from{static_cast<std::uint32_t>(config.input.width),
                           static_cast<std::uint32_t>(config.input.height)};
    TRY(check_pixels(from.width, from.height, picture_pixels_max));
    auto const to = size_within(from, side);
    Reduced reduced{to.width, to.height, {}, config.input.has_alpha == 0};
    reduced.rgba.resize(std::size_t{4} * to.width * to.height);
    config.options.use_scaling = to.width != from.width || to.height != from.height ? 1 : 0;
    config.options.scaled_width = static_cast<int>(to.width);
    config.options.scaled_height = static_cast<int>(to.height);
    config.output.colorspace = MODE_RGBA;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = reduced.rgba.data();
    config.output.u.RGBA.stride = static_cast<int>(4 * to.width);
    config.output.u.RGBA.size = reduced.rgba.size();
    if (WebPDecode(data, bytes.size(), &config) != VP8_STATUS_OK)
        return Error(Errc::bad_structure, "the WebP data");
    return reduced;
}

struct FreeWebPPicture {
    explicit FreeWebPPicture(WebPPicture& the_picture) : picture(the_picture) {}
    FreeWebPPicture(FreeWebPPicture const&) = delete;
    FreeWebPPicture& operator=(FreeWebPPicture const&) = delete;
    ~FreeWebPPicture() { WebPPictureFree(&picture); }
    WebPPicture& picture;
};

int append_webp(std::uint8_t const* data, std::size_t size, WebPPicture const* picture) {
    static_cast<std::string*>(picture->custom_ptr)
        ->append(reinterpret_cast<char const*>(data), size);
    return 1;
}

Result<std::string> encode_webp(Reduced const& reduced) {
    WebPConfig config;
    WebPPicture picture;
    if (WebPConfigPreset(&config, WEBP_PRESET_PHOTO, 76) == 0 || WebPPictureInit(&picture) == 0)
        return Error(Errc::bad_structure, "the version of libwebp");
    FreeWebPPicture const free(picture);
    config.method = 0; // a third of the time of the default, for a tenth more bytes
    picture.width = static_cast<int>(reduced.width);
    picture.height = static_cast<int>(reduced.height);
    std::string webp;
    picture.writer = append_webp;
    picture.custom_ptr = &webp;
    auto const stride = static_cast<int>(4 * reduced.width);
    auto const import = reduced.is_opaque ? WebPPictureImportRGBX : WebPPictureImportRGBA;
    if (import(&picture, reduced.rgba.data(), stride) == 0 || WebPEncode(&config, &picture) == 0)
        return Error(Errc::bad_structure,
                     fmt::format("WebP, error {}", static_cast<int>(picture.error_code)));
    return webp;
}

} // namespace

Result<Reduced> reduce_picture(std::string_view bytes, std::uint32_t side) {
    if (bytes.starts_with("\x89PNG")) return reduce_png(bytes, side);
    if (bytes.starts_with("\xff\xd8")) return reduce_jpeg(bytes, side);
    if (bytes.starts_with("RIFF")) return reduce_webp(bytes, side);
    return Error(Errc::not_an_image, "neither PNG, JPEG nor WebP");
}

std::uint32_t dominant_colour(Reduced const& picture) {
    struct Kind {
        std::uint64_t weight = 0;
        std::array<std::uint64_t, 3> sum{};
    };
    std::array<Kind, 512> kinds{};  // three bits each of red, green and blue
    constexpr std::size_t step = 3; // every third pixel says as much as all of them
    for (std::size_t at = 0; at + 3 < picture.rgba.size(); at += 4 * step) {
        auto const* pixel = picture.rgba.data() + at;
        if (pixel[3] < 128) continue;
        auto const [low, high] = std::minmax({pixel[0], pixel[1], pixel[2]});
        auto const weight = std::uint64_t{24} + (high - low); // grey counts, vivid ones more
        auto& kind = kinds.at(
            static_cast<std::size_t>((pixel[0] >> 5) << 6 | (pixel[1] >> 5) << 3 | pixel[2] >> 5));
        kind.weight += weight;
        for (std::size_t part = 0; part < 3; ++part) kind.sum.at(part) += weight * pixel[part];
    }
    auto const best =
        std::max_element(kinds.begin(), kinds.end(),
                         [](auto const& a, auto const& b) { return a.weight < b.weight; });
    if (best->weight == 0) return 0xFFFFFF;
    std::uint32_t colour = 0;
    for (auto const sum : best->sum)
        colour = colour << 8 | static_cast<std::uint32_t>(sum / best->weight);
    return colour;
}

Result<Thumbnail> make_thumbnail(std::string_view bytes) {
    TRY_ASSIGN(auto const reduced, reduce_picture(bytes));
    TRY_ASSIGN(auto webp, encode_webp(reduced));
    return Thumbnail{std::move(webp), reduced.width, reduced.height, dominant_colour(reduced)};
}

} // namespace darkroom::store
