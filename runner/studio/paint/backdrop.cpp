#include "runner/studio/paint/backdrop.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace darkroom::studio {

namespace {

constexpr double touch = 0.45; // share of the new picture without a mask

/// Returns red, green and blue of a pixel on white.
std::array<double, 3> on_white(Bitmap const& image, int x, int y) {
    auto const index = static_cast<std::size_t>(y) * static_cast<std::size_t>(image.size.width) +
                       static_cast<std::size_t>(x);
    auto const* p = image.rgba.data() + index * 4;
    double const paper = 255.0 - p[3];
    return {p[0] * p[3] / 255.0 + paper, p[1] * p[3] / 255.0 + paper, p[2] * p[3] / 255.0 + paper};
}

/// Returns the share of the new picture at a point.
double share_at(Backdrop const& backdrop, double u, double v) {
    if (!backdrop.mask) return touch;
    auto const c = colour_at(*backdrop.mask, u, v);
    return (0.299 * c.red + 0.587 * c.green + 0.114 * c.blue) / 255.0;
}

} // namespace

Result<Backdrop> read_backdrop(std::string_view image, std::string_view mask) {
    Backdrop backdrop;
    auto decoded = decode_image(image, 2048);
    if (!decoded) return decoded.error();
    backdrop.image = std::move(*decoded);
    if (mask.empty()) return backdrop;
    auto where = decode_image(mask, 2048);
    if (!where) return where.error();
    backdrop.mask = std::move(*where);
    return backdrop;
}

Rgb colour_at(Bitmap const& image, double u, double v) {
    auto const [width, height] = image.size;
    double const x = std::clamp(u * width - 0.5, 0.0, width - 1.0);
    double const y = std::clamp(v * height - 0.5, 0.0, height - 1.0);
    int const left = static_cast<int>(x);
    int const top = static_cast<int>(y);
    int const right = std::min(left + 1, width - 1);
    int const bottom = std::min(top + 1, height - 1);
    auto const a = on_white(image, left, top), b = on_white(image, right, top);
    auto const c = on_white(image, left, bottom), d = on_white(image, right, bottom);
    std::array<std::uint8_t, 3> mixed{};
    for (std::size_t i = 0; i < 3; ++i) {
        double const upper = a[i] + (b[i] - a[i]) * (x - left);
        double const lower = c[i] + (d[i] - c[i]) * (x - left);
        mixed[i] = static_cast<std::uint8_t>(upper + (lower - upper) * (y - top) + 0.5);
    }
    return {mixed[0], mixed[1], mixed[2]};
}

void lay_over(Backdrop const& backdrop, double v, std::span<std::uint8_t> row) {
    auto const width = row.size() / 3;
    for (std::size_t i = 0; i < width; ++i) {
        double const u = (static_cast<double>(i) + 0.5) / static_cast<double>(width);
        double const share = share_at(backdrop, u, v);
        auto const old = colour_at(backdrop.image, u, v);
        auto const mix = [share](std::uint8_t& fresh, std::uint8_t was) {
            fresh = static_cast<std::uint8_t>(was + (fresh - was) * share + 0.5);
        };
        mix(row[i * 3], old.red);
        mix(row[i * 3 + 1], old.green);
        mix(row[i * 3 + 2], old.blue);
    }
}

} // namespace darkroom::studio
