// Makes four candidates of a prompt. The words choose a region: the formula, a stretch of its rim,
// a part of the plane. The seed chooses random scenes there and keeps those with the most detail,
// so that no prompt gives a flat picture.
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

/// Returns c for which z = n z^(n-1) lies just where the field turns from one basin to dust: on the
/// rim of the formula's main body, at `angle` round it. Inside is dull, far outside is dust.
std::complex<double> on_the_rim(int power, double memory, double angle) {
    auto const unit = std::polar(1.0, angle);
    // A fixed point z = z^n + c + memory z whose multiplier is `unit` on the unit circle.
    auto const slope = (unit - memory / unit) / static_cast<double>(power);
    auto const point = power == 2 ? slope : std::pow(slope, 1.0 / (power - 1));
    return point - std::pow(point, power) - memory * point;
}

/// The choices of a prompt, which all candidates of all its grids share.
struct Region {
    Motif motif;
    double angle = 0; ///< Round the rim.
    double x = 0, y = 0;
    double rotation = 0;
};

Region region_of(std::uint64_t words) {
    Dice dice(words);
    Region region;
    constexpr std::array<int, 6> powers{2, 2, 2, 3, 3, 4};
    region.motif.power = powers[dice.next() % powers.size()];
    bool const recalls = dice.unit() < 0.4 && region.motif.power == 2;
    region.motif.memory = recalls ? dice.between(-0.4, 0.25) : 0;
    region.motif.warp = dice.between(0.12, 0.5);
    region.motif.grain = static_cast<std::uint32_t>(dice.next());
    region.angle = dice.between(0, 2 * pi);
    region.x = dice.between(-8, 8);
    region.y = dice.between(-8, 8);
    region.rotation = dice.between(0, 2 * pi);
    return region;
}

/// Returns a random scene of a region. Near the rim, on either side, the sets are richest.
Scene draw_scene(Region const& region, Palette const& palette, Dice& dice) {
    Scene scene;
    scene.motif = region.motif;
    auto const angle = region.angle + dice.between(-0.5, 0.5);
    auto const rim = on_the_rim(region.motif.power, region.motif.memory, angle);
    auto const c = rim * dice.between(0.99, 1.05);
    scene.motif.re = c.real();
    scene.motif.im = c.imag();
    scene.palette = palette;
    scene.window = {region.x + dice.between(-2, 2), region.y + dice.between(-2, 2),
                    dice.between(1.5, 3.2), region.rotation + dice.between(-0.6, 0.6)};
    scene.tint = dice.unit();
    return scene;
}

/// Returns a measure of the detail in a small picture: the entropy of its colours and its contrast,
/// as far as that is not mere noise.
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

std::vector<Scene> make_candidates(Origin const& origin, Aspect aspect, std::uint64_t seed) {
    Region const region = region_of(origin.words);
    Dice dice(mix_seeds(origin.words, seed));
    std::vector<Scene> scenes;
    while (scenes.size() < 4) {
        Scene best;
        double most = -1e9;
        for (int i = 0; i < tries; ++i) {
            Scene scene = draw_scene(region, origin.palette, dice);
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
    auto const parsed = parse_prompt(request.prompt);
    auto const words = parsed.words_hash();
    Picture picture;
    picture.aspect = parsed.aspect;
    auto const own = palette_of_words(parsed.words, words);
    picture.origin = {words, mix_palettes(own, request.inputs, parsed.weight)};
    picture.scenes =
        make_candidates(picture.origin, picture.aspect, parsed.seed.value_or(request.seed));
    return picture;
}

} // namespace darkroom::studio
