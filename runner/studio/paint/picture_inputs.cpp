// Reads an input image: its colours, or a mask.
#include "runner/studio/paint/image_codec.hpp"
#include "runner/studio/paint/palette.hpp"
#include "runner/studio/paint/picture.hpp"

#include <algorithm>
#include <cmath>

namespace darkroom::studio {

namespace {

constexpr int raster_side = 128;    // a coarse raster shows the colours as well as all pixels
constexpr std::size_t dominant = 5; // colours kept of an image
constexpr double apart = 0.11;      // nearer tones count as one colour

std::uint8_t const* pixel_at(Bitmap const& bitmap, int x, int y) {
    auto const index = static_cast<std::size_t>(y) * static_cast<std::size_t>(bitmap.size.width) +
                       static_cast<std::size_t>(x);
    return bitmap.rgba.data() + index * 4;
}

/// Pixels that fall into one cell of a 16 x 16 x 16 colour cube.
struct ColourBin {
    std::uint32_t count = 0, red = 0, green = 0, blue = 0;

    Rgb mean() const {
        auto const of = [&](std::uint32_t sum) {
            return static_cast<std::uint8_t>((sum + count / 2) / count);
        };
        return {of(red), of(green), of(blue)};
    }
};

std::vector<ColourBin> count_colours(Bitmap const& bitmap) {
    std::vector<ColourBin> bins(16 * 16 * 16);
    int const step_x = std::max(1, bitmap.size.width / raster_side);
    int const step_y = std::max(1, bitmap.size.height / raster_side);
    for (int y = step_y / 2; y < bitmap.size.height; y += step_y) {
        for (int x = step_x / 2; x < bitmap.size.width; x += step_x) {
            auto const* p = pixel_at(bitmap, x, y);
            if (p[3] < 128) continue; // what can't be seen has no colour
            auto& bin = bins[(p[0] >> 4) * 256u + (p[1] >> 4) * 16u + (p[2] >> 4)];
            ++bin.count;
            bin.red += p[0];
            bin.green += p[1];
            bin.blue += p[2];
        }
    }
    std::erase_if(bins, [](ColourBin const& bin) { return bin.count == 0; });
    return bins;
}

/// Returns the visible difference: 0 the same, 1 black to white.
double distance(Tone const& x, Tone const& y) {
    return std::hypot(x.light - y.light, x.a - y.a, x.b - y.b);
}

/// Weighs a colour: vivid ones count more, so that a few pixels outweigh many shades of grey.
double prominence(ColourBin const& bin) {
    Tone const tone = tone_of(bin.mean());
    return bin.count * (0.3 + 6 * std::hypot(tone.a, tone.b));
}

/// Returns the lightness, 0 to 255, on white.
double mask_value(Bitmap const& bitmap, int x, int y) {
    auto const* p = pixel_at(bitmap, x, y);
    double const grey = 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
    return grey * p[3] / 255.0 + (255.0 - p[3]);
}

} // namespace

Result<Palette> palette_of(std::string_view image_bytes) {
    auto const bitmap = decode_image(image_bytes, raster_side * 2);
    if (!bitmap) return bitmap.error();
    auto bins = count_colours(*bitmap);
    if (bins.empty())
        return Error(PictureErrc::bad_image, "input image: wholly transparent, no colour to take");
    std::stable_sort(bins.begin(), bins.end(), [](ColourBin const& x, ColourBin const& y) {
        return prominence(x) > prominence(y);
    });
    Palette palette;
    for (auto const& bin : bins) {
        Tone const tone = tone_of(bin.mean());
        bool const seen =
            std::any_of(palette.colours.begin(), palette.colours.end(),
                        [&](Rgb kept) { return distance(tone_of(kept), tone) < apart; });
        if (!seen) palette.colours.push_back(bin.mean());
        if (palette.colours.size() == dominant) break;
    }
    return palette;
}

Result<Mask> mask_of(std::string_view image_bytes) {
    auto const bitmap = decode_image(image_bytes, raster_side * 2);
    if (!bitmap) return bitmap.error();
    constexpr int samples = 8; // a side, in each cell
    constexpr int fine = Mask::side * samples;
    Mask mask;
    for (int cell = 0; cell < Mask::side * Mask::side; ++cell) {
        double sum = 0;
        for (int i = 0; i < samples * samples; ++i) {
            auto const column = cell % Mask::side * samples + i % samples;
            auto const row = cell / Mask::side * samples + i / samples;
            auto const x = static_cast<std::int64_t>(column) * bitmap->size.width / fine;
            auto const y = static_cast<std::int64_t>(row) * bitmap->size.height / fine;
            sum += mask_value(*bitmap, static_cast<int>(x), static_cast<int>(y));
        }
        mask.cells.push_back(static_cast<std::uint8_t>(sum / (samples * samples) + 0.5));
    }
    return mask;
}

} // namespace darkroom::studio
