// How a prompt becomes four candidates. The words choose a home: the formula, a stretch of its rim,
// a region of the plane. The seed draws lots there and keeps those with most to see, so that
// no prompt ends in a flat picture.
#include "runner/studio/paint/candidates.hpp"

#include "runner/studio/paint/canvas.hpp"
#include "runner/studio/paint/dice.hpp"
#include "runner/studio/paint/palette.hpp"
#include "runner/studio/paint/picture_prompt.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>

namespace darkroom::studio {

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr int probe_side = 24;
constexpr int tries = 6;

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

} // namespace darkroom::studio
