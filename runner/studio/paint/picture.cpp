#include "runner/studio/paint/picture.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace darkroom::studio {

namespace {

std::string wording(int value) {
    switch (static_cast<PictureErrc>(value)) {
    case PictureErrc::unknown_action: return "unknown action";
    case PictureErrc::not_offered: return "action is not offered for this image";
    case PictureErrc::bad_image: return "input image can't be read";
    case PictureErrc::image_too_large: return "input image is too large";
    case PictureErrc::bad_record: return "stored picture can't be read";
    }
    return "unnamed picture error";
}

} // namespace

error_code make_error_code(PictureErrc code) {
    static RoomCategory const category("picture", &wording);
    return {static_cast<int>(code), category};
}

Picture outline_of(Aspect aspect, std::size_t scenes) {
    Picture outline;
    outline.aspect = aspect;
    outline.scenes.resize(scenes);
    return outline;
}

Aspect sane_aspect(std::int64_t width, std::int64_t height) {
    if (width < 1 || height < 1) return {};
    if (width > 4 * height) return {4, 1};
    if (height > 4 * width) return {1, 4};
    auto const common = std::gcd(width, height);
    return {static_cast<int>(width / common), static_cast<int>(height / common)};
}

Size raw_size(Picture const& picture, int base) {
    // In 64ths of the square's side. Wide and tall formats get somewhat more area, as published:
    // 16:9 is 2912 x 1632 where 1:1 is 2048 x 2048.
    auto const& aspect = picture.aspect;
    double const ratio = static_cast<double>(aspect.width) / aspect.height;
    double const area = 64 * 64 * std::pow(std::max(ratio, 1 / ratio), 0.217);
    double const wide = std::round(std::sqrt(area * ratio));
    double const high = std::round(std::sqrt(area / ratio));
    // A candidate is half a grid in each direction, to the pixel.
    double const unit = base / 128.0 * picture.factor;
    double const cells = picture.is_grid() ? 2 : 1;
    double const longest = std::max(wide, high) * unit * cells;
    double const cut = std::min(1.0, side_max / longest);
    auto const side = [&](double units) {
        return std::max(1, static_cast<int>(std::lround(units * unit * cut))) *
               static_cast<int>(cells);
    };
    return {side(wide), side(high)};
}

} // namespace darkroom::studio
