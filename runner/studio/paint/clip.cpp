#include "runner/studio/paint/clip.hpp"

#include "runner/studio/paint/backdrop.hpp"

#include <webp/encode.h>
#include <webp/mux.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>

namespace darkroom::studio {

namespace {

constexpr double pi = 3.14159265358979323846;

/// The part of the picture that is in view: its middle and its side, 1 for the whole.
struct View {
    double x = 0.5, y = 0.5, side = 0.8;
};

/// Keeps the camera in the picture: far along a path it turns back.
double to_and_fro(double way) { return 0.5 - 0.5 * std::cos(way * pi); }

View view_at(int path, double way) {
    double const gone = to_and_fro(way / 2); // half way at the end of the first clip
    switch (path) {
    case 0: return {0.5, 0.5, 0.95 - 0.5 * gone};
    case 1: return {0.5, 0.5, 0.45 + 0.5 * gone};
    case 2: return {0.35 + 0.3 * gone, 0.5, 0.7};
    default: return {0.5, 0.65 - 0.3 * gone, 0.7};
    }
}

struct FreePicture {
    void operator()(WebPPicture* picture) const {
        WebPPictureFree(picture);
        delete picture;
    }
};
struct FreeEncoder {
    void operator()(WebPAnimEncoder* encoder) const { WebPAnimEncoderDelete(encoder); }
};

/// Encoding our own pixels fails for lack of memory or by a defect here: no caller could decide.
void require(int success) {
    if (success == 0) throw std::runtime_error("WebP animation encoder");
}

Rgb mixed(Rgb from, Rgb to, double share) {
    auto const mix = [share](std::uint8_t x, std::uint8_t y) {
        return static_cast<std::uint8_t>(x + (y - x) * share + 0.5);
    };
    return {mix(from.red, to.red), mix(from.green, to.green), mix(from.blue, to.blue)};
}

/// Returns the frame at `done`, 0 to 1.
std::vector<std::uint8_t> frame_at(Clip const& clip, double done, Size size) {
    double const within = clip.loop ? to_and_fro(done * 2) : done;
    auto const view = view_at(clip.path, clip.clips_before + within);
    double const arrival = clip.last ? std::clamp((within - 0.4) / 0.6, 0.0, 1.0) : 0;
    std::vector<std::uint8_t> rgb;
    rgb.reserve(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 3);
    for (int y = 0; y < size.height; ++y) {
        double const v = view.y + ((y + 0.5) / size.height - 0.5) * view.side;
        for (int x = 0; x < size.width; ++x) {
            double const u = view.x + ((x + 0.5) / size.width - 0.5) * view.side;
            auto colour = colour_at(clip.first, u, v);
            if (arrival > 0) colour = mixed(colour, colour_at(*clip.last, u, v), arrival);
            rgb.insert(rgb.end(), {colour.red, colour.green, colour.blue});
        }
    }
    return rgb;
}

} // namespace

Size clip_size(Aspect aspect, int short_side) {
    double const ratio = static_cast<double>(aspect.width) / aspect.height;
    auto const even = [](double side) {
        return std::max(2, static_cast<int>(std::lround(side / 2)) * 2);
    };
    return {even(short_side * std::max(1.0, ratio)), even(short_side * std::max(1.0, 1 / ratio))};
}

std::vector<std::uint8_t> clip_frame(Clip const& clip, int number) {
    return frame_at(clip, static_cast<double>(number) / (clip_frames - 1), clip.size);
}

std::string clip_webp(Clip const& clip) {
    auto const [width, height] = clip.size;
    WebPAnimEncoderOptions options;
    require(WebPAnimEncoderOptionsInit(&options));
    options.kmin = 8;
    options.kmax = 25;
    std::unique_ptr<WebPAnimEncoder, FreeEncoder> const encoder(
        WebPAnimEncoderNew(width, height, &options));
    require(encoder != nullptr);
    WebPConfig config;
    require(WebPConfigPreset(&config, WEBP_PRESET_PHOTO, 60));
    config.method = 0; // quick; a rehearsal's movie may be somewhat larger
    for (int i = 0; i < clip_frames; ++i) {
        auto const rgb = clip_frame(clip, i);
        auto fresh = std::make_unique<WebPPicture>();
        require(WebPPictureInit(fresh.get()));
        std::unique_ptr<WebPPicture, FreePicture> const picture(fresh.release());
        picture->use_argb = 1;
        picture->width = width;
        picture->height = height;
        require(WebPPictureImportRGB(picture.get(), rgb.data(), width * 3));
        require(WebPAnimEncoderAdd(encoder.get(), picture.get(), i * clip_frame_ms, &config));
    }
    require(WebPAnimEncoderAdd(encoder.get(), nullptr, clip_frames * clip_frame_ms, nullptr));
    WebPData data;
    WebPDataInit(&data);
    require(WebPAnimEncoderAssemble(encoder.get(), &data));
    std::string bytes(reinterpret_cast<char const*>(data.bytes), data.size);
    WebPDataClear(&data);
    return bytes;
}

std::string clip_cover(Clip const& clip, Size size) {
    auto const rgb = frame_at(clip, 0, size);
    auto const stride = static_cast<std::size_t>(size.width) * 3;
    return encode_png(size, [&](int y, std::span<std::uint8_t> row) {
        auto const from = rgb.begin() + static_cast<std::ptrdiff_t>(stride) * y;
        std::copy(from, from + static_cast<std::ptrdiff_t>(stride), row.begin());
    });
}

std::string clip_preview(Clip const& clip, Size size) {
    return encode_webp(size, frame_at(clip, 0, size));
}

} // namespace darkroom::studio
