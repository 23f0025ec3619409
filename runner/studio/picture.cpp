// How a prompt becomes four candidates. The words choose a home: the formula, a stretch of its rim,
// a region of the plane. The seed draws lots there and keeps those with most to see, so that
// no prompt ends in a flat picture.
#include "runner/studio/picture.hpp"

#include "runner/studio/paint_canvas.hpp"
#include "runner/studio/paint_palette.hpp"
#include "runner/studio/picture_dice.hpp"
#include "runner/studio/picture_prompt.hpp"
#include "runner/studio/picture_sow.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numeric>

namespace darkroom::studio {

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr int probe_side = 24;
constexpr int tries = 6;

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

/// c for which z = n z^(n-1) lies just where the field turns from one basin to dust: on the rim of
/// the formula's main body, at `angle` round it. Inside is dull, far outside is dust.
std::complex<double> on_the_rim(int power, double memory, double angle) {
    auto const turn = std::polar(1.0, angle);
    // A fixed point z = z^n + c + memory z whose multiplier is `turn` on the unit circle.
    auto const slope = (turn - memory / turn) / static_cast<double>(power);
    auto const point = power == 2 ? slope : std::pow(slope, 1.0 / (power - 1));
    return point - std::pow(point, power) - memory * point;
}

/// What a prompt decides: all candidates of all its grids have this in common.
struct Home {
    Motif motif;
    double angle = 0; ///< Round the rim.
    double x = 0, y = 0;
    double turn = 0;
};

Home home_of(std::uint64_t words) {
    Dice dice(words);
    Home home;
    constexpr std::array<int, 6> powers{2, 2, 2, 3, 3, 4};
    home.motif.power = powers[dice.next() % powers.size()];
    bool const recalls = dice.unit() < 0.4 && home.motif.power == 2;
    home.motif.memory = recalls ? dice.between(-0.4, 0.25) : 0;
    home.motif.warp = dice.between(0.12, 0.5);
    home.motif.grain = static_cast<std::uint32_t>(dice.next());
    home.angle = dice.between(0, 2 * pi);
    home.x = dice.between(-8, 8);
    home.y = dice.between(-8, 8);
    home.turn = dice.between(0, 2 * pi);
    return home;
}

/// One place near home. Just off the rim, on either side, the sets are richest.
Scene draw_lots(Home const& home, Palette const& palette, Dice& dice) {
    Scene scene;
    scene.motif = home.motif;
    auto const angle = home.angle + dice.between(-0.5, 0.5);
    auto const rim = on_the_rim(home.motif.power, home.motif.memory, angle);
    auto const c = rim * dice.between(0.99, 1.05);
    scene.motif.re = c.real();
    scene.motif.im = c.imag();
    scene.palette = palette;
    scene.window = {home.x + dice.between(-2, 2), home.y + dice.between(-2, 2),
                    dice.between(1.5, 3.2), home.turn + dice.between(-0.6, 0.6)};
    scene.tint = dice.unit();
    return scene;
}

/// How much there is to see in a small picture: the entropy of its colours and its detail, as far
/// as that is not mere noise.
double interest(Scene const& scene, Aspect aspect) {
    auto const rgb = Canvas(scene, aspect, {probe_side, probe_side}).paint_all();
    std::array<int, 512> bins{};
    double jumps = 0;
    for (std::size_t i = 0; i < rgb.size(); i += 3) {
        auto const bin = (rgb[i] >> 5) * 64u + (rgb[i + 1] >> 5) * 8u + (rgb[i + 2] >> 5);
        ++bins[bin];
        if (i >= 3) jumps += std::abs(rgb[i + 1] - rgb[i - 2]);
    }
    double const count = probe_side * probe_side;
    double entropy = 0;
    for (int const n : bins) {
        if (n > 0) entropy -= n / count * std::log2(n / count);
    }
    double const busy = jumps / count;
    return entropy + 0.1 * std::min(busy, 20.0) - 0.08 * std::max(busy - 24, 0.0);
}

} // namespace

error_code make_error_code(PictureErrc code) {
    static RoomCategory const category("picture", &wording);
    return {static_cast<int>(code), category};
}

std::vector<Scene> sow(Origin const& origin, Aspect aspect, std::uint64_t seed) {
    Home const home = home_of(origin.words);
    Dice dice(mix_seeds(origin.words, seed));
    std::vector<Scene> scenes;
    while (scenes.size() < 4) {
        Scene best;
        double most = -1e9;
        for (int i = 0; i < tries; ++i) {
            Scene scene = draw_lots(home, origin.palette, dice);
            double const found = interest(scene, aspect);
            if (found <= most) continue;
            most = found;
            best = std::move(scene);
        }
        scenes.push_back(std::move(best));
    }
    return scenes;
}

Picture generate(GenerateRequest const& request) {
    auto const wish = wish_of(request.prompt);
    auto const words = wish.words_hash();
    Picture picture;
    picture.aspect = wish.aspect;
    auto const own = palette_of_words(wish.words, words);
    picture.origin = {words, mix_palettes(own, request.inputs, wish.weight)};
    picture.scenes = sow(picture.origin, picture.aspect, wish.seed.value_or(request.seed));
    return picture;
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
