#include "runner/studio/paint/canvas.hpp"

#include <algorithm>
#include <cmath>

namespace darkroom::studio {

namespace {

constexpr double glow_reach = 0.006; // of the plane, not of the window: a zoom shows it larger

/// Returns `from` for `share` 0, `to` for 1.
double mixed(double from, double to, double share) { return from + (to - from) * share; }

} // namespace

Canvas::Canvas(Scene const& scene, Aspect aspect, Size size)
    : field_(scene, aspect), wheel_(scene.palette), tint_(scene.tint),
      pixel_(field_.width() / size.width), size_(size) {}

/// Height chooses the colour, slope lights it like a relief, the trap draws soft folds, and threads
/// too thin for a pixel melt into a glow instead of flickering.
Tone Canvas::shade(Samples const& samples, std::size_t lane) const {
    double const tint = tint_ + samples.tint[lane];
    double const trap = std::min(std::sqrt(samples.trap[lane]), 1.0);
    if (samples.inside[lane] != 0) {
        Tone tone = wheel_.at(tint + 0.45 + 0.9 * trap);
        double const light = 0.45 + 0.55 * trap;
        return {tone.light * light, tone.a * light, tone.b * light};
    }
    double const height = samples.height[lane];
    Tone tone = wheel_.at(tint + 0.21 * height + 0.10 * trap);
    double const light = (0.93 + 0.17 * samples.slope[lane]) * (0.86 + 0.17 * trap);
    double const distance = samples.distance[lane];
    double const glow = glow_reach / (glow_reach + distance);
    double const thread = std::clamp(1 - distance / (0.7 * pixel_), 0.0, 1.0);
    double const bright = std::max(0.45 * glow * glow, 0.45 * thread);
    return {mixed(tone.light * light, 0.93, bright), tone.a * (1 - 0.6 * bright),
            tone.b * (1 - 0.6 * bright)};
}

void Canvas::paint_row(int y, std::span<std::uint8_t> row) const {
    double const v = (y + 0.5) / size_.height - 0.5;
    Samples samples;
    Lane u;
    for (int x = 0; x < size_.width; x += static_cast<int>(lanes)) {
        // The last batch may reach past the edge; its surplus is not written.
        for (std::size_t i = 0; i < lanes; ++i)
            u[i] = (x + static_cast<double>(i) + 0.5) / size_.width - 0.5;
        field_.sample(u, v, samples);
        auto const left = std::min<std::size_t>(lanes, static_cast<std::size_t>(size_.width - x));
        for (std::size_t i = 0; i < left; ++i) {
            Rgb const colour = rgb_of(shade(samples, i));
            auto* pixel = row.data() + (static_cast<std::size_t>(x) + i) * 3;
            pixel[0] = colour.red;
            pixel[1] = colour.green;
            pixel[2] = colour.blue;
        }
    }
}

std::vector<std::uint8_t> Canvas::paint_all() const {
    std::size_t const stride = static_cast<std::size_t>(size_.width) * 3;
    std::vector<std::uint8_t> pixels(stride * static_cast<std::size_t>(size_.height));
    std::span<std::uint8_t> const all(pixels);
    for (int y = 0; y < size_.height; ++y)
        paint_row(y, all.subspan(stride * static_cast<std::size_t>(y), stride));
    return pixels;
}

} // namespace darkroom::studio
