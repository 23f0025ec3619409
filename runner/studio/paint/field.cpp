// A Julia set folded over an endless plane. Zooms and pans may go anywhere, so no place may be
// empty: the plane is mirrored into the formula's disc, bent by slow waves so that no two mirrors
// look alike, and c itself wanders a little, so that every place has its own set.
#include "runner/studio/paint/field.hpp"

#include "runner/studio/paint/dice.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace darkroom::studio {

namespace {

// Threads finer than what this many steps resolve melt into a glow anyway (canvas.cpp).
constexpr int iterations_max = 64;
constexpr double escape_squared = 1e4; // far out, so that the smooth count shows no seams
constexpr double trap_x = 0.3;         // orbits that pass near here leave a soft mark
constexpr double trap_y = -0.1;
constexpr double light_x = -0.6; // the light comes from above, left
constexpr double light_y = -0.8;
constexpr double to_whole = 0x1.8p52; // adding it leaves no room for a fraction: rounds
constexpr double drift = 0.035;       // how far c wanders over the plane
constexpr double tint_swell = 0.06;   // slow change of colour where the formula is calm
constexpr double pi = 3.14159265358979323846;

/// Returns a sine by polynomial: three times as fast as the library's, and the same on every
/// machine. Exact to 1e-4, which is a thousandth of a pixel here.
double wave(double angle) {
    double turns = angle * (0.5 / pi);
    turns -= (turns + to_whole) - to_whole;
    // Mirror the outer quarters inwards, where the series is short.
    double const near = 0.25 - std::abs(std::abs(turns) - 0.25);
    double const x = std::copysign(near, turns) * (2 * pi);
    double const xx = x * x;
    return x * (1 - xx * (1.0 / 6 - xx * (1.0 / 120 - xx * (1.0 / 5040))));
}

/// Returns the radius beyond which the plane is mirrored: about as far as the formula's sets reach.
double fold_reach(int power) { return power == 2 ? 1.1 : 1.0; }

double smooth_step(double x) {
    double const t = std::clamp(x, 0.0, 1.0);
    return t * t * (3 - 2 * t);
}

/// Interpolates between the middles of the mask's cells, so that its edge is smooth.
double coverage(Mask const& mask, double u, double v) {
    if (std::abs(u) > 1 || std::abs(v) > 1) return 0;
    auto const at = [&](int column, int row) {
        int const x = std::clamp(column, 0, Mask::side - 1);
        int const y = std::clamp(row, 0, Mask::side - 1);
        return mask.cells[static_cast<std::size_t>(y * Mask::side + x)] / 255.0;
    };
    double const x = (u + 1) / 2 * Mask::side - 0.5;
    double const y = (v + 1) / 2 * Mask::side - 0.5;
    int const column = static_cast<int>(std::floor(x));
    int const row = static_cast<int>(std::floor(y));
    double const fx = x - column;
    double const fy = y - row;
    double const top = at(column, row) * (1 - fx) + at(column + 1, row) * fx;
    double const bottom = at(column, row + 1) * (1 - fx) + at(column + 1, row + 1) * fx;
    return smooth_step(top * (1 - fy) + bottom * fy);
}

} // namespace

Field::Field(Scene const& scene, Aspect aspect)
    : motif_(scene.motif), window_(scene.window), cosine_(std::cos(scene.window.rotation)),
      sine_(std::sin(scene.window.rotation)) {
    double const stretch = std::sqrt(static_cast<double>(aspect.width) / aspect.height);
    width_ = window_.span * stretch;
    height_ = window_.span / stretch;
    Dice dice(motif_.grain);
    for (auto& wave : waves_) {
        double const direction = dice.between(0, 2 * pi);
        double const number = dice.between(0.45, 1.25);
        wave = {number * std::cos(direction), number * std::sin(direction),
                dice.between(0, 2 * pi)};
    }
    for (auto const& layer : scene.layers) {
        auto const& seen = layer.window;
        double const wide =
            std::sqrt(static_cast<double>(layer.aspect.width) / layer.aspect.height);
        placed_layers_.push_back({layer, std::cos(seen.rotation), std::sin(seen.rotation),
                                  seen.span * wide / 2, seen.span / wide / 2});
    }
}

/// Maps points of the window to the plane.
Field::Points Field::to_plane(Lane const& u, double v) const {
    Points points;
    for (std::size_t i = 0; i < lanes; ++i) {
        double const x = u[i] * width_;
        double const y = v * height_;
        points.x[i] = window_.x + x * cosine_ - y * sine_;
        points.y[i] = window_.y + x * sine_ + y * cosine_;
    }
    return points;
}

/// Folds the endless plane into the disc where the formula lives, bends it so that no fold looks
/// like another, and lets c wander with the point.
Field::Start Field::bend(Points const& points, Lane& tint) const {
    Start start;
    double const reach = fold_reach(motif_.power);
    for (std::size_t i = 0; i < lanes; ++i) {
        double const x = points.x[i];
        double const y = points.y[i];
        std::array<double, 4> swell;
        for (std::size_t k = 0; k < swell.size(); ++k) {
            auto const& w = waves_[k];
            swell[k] = wave(w.along_x * x + w.along_y * y + w.phase);
        }
        start.x[i] = reach * wave((x + motif_.warp * (swell[0] + 0.5 * swell[3])) / reach);
        start.y[i] = reach * wave((y + motif_.warp * (swell[1] + 0.5 * swell[2])) / reach);
        double const silk = wave(3 * (x - y) + 2.5 * swell[1]) * wave(2.2 * (x + y) + 3 * swell[0]);
        tint[i] = tint_swell * (swell[1] + swell[3] + 0.5 * silk);
        start.re[i] = motif_.re + drift * swell[2] * swell[0];
        start.im[i] = motif_.im + drift * swell[3] * swell[1];
    }
    return start;
}

/// Adds a layer where it applies. Outside it fades in over nearly half a window, so that a zoom
/// joins its parent without a seam; inside, the parent's pixels stay as they were.
void Field::apply(PlacedLayer const& placed, Points const& points, Start& start, Lane& tint) const {
    auto const& layer = placed.layer;
    for (std::size_t i = 0; i < lanes; ++i) {
        double const x = points.x[i] - layer.window.x;
        double const y = points.y[i] - layer.window.y;
        double const u = (x * placed.cosine + y * placed.sine) / placed.half_width;
        double const v = (y * placed.cosine - x * placed.sine) / placed.half_height;
        double const outside = std::max({std::abs(u) - 1, std::abs(v) - 1, 0.0});
        double const weight = layer.mask ? coverage(*layer.mask, u, v) : smooth_step(outside / 0.8);
        start.re[i] += weight * layer.re;
        start.im[i] += weight * layer.im;
        tint[i] += weight * layer.tint;
    }
}

namespace {

/// Two numbers that are computed at once: the compilers' own vector type, in the width
/// that every 64-bit processor has. g++ 12 makes no vector code of the plain loop, and slow code of
/// wider vectors.
constexpr std::size_t pair_lanes = 2;
using Pair = double __attribute__((vector_size(pair_lanes * sizeof(double))));
using PairMask = std::int64_t __attribute__((vector_size(pair_lanes * sizeof(double))));

/// Two orbits under way, with the derivative of each by its beginning.
struct Orbits {
    Pair x, y, re, im;
    Pair dx, dy, old_x, old_y, old_dx, old_dy;
    Pair trap;
    PairMask count;
};

/// Iterates the orbits that have not escaped; returns false when all had. No branches but the last.
/// `recalls`: the z before last is mixed in, which a third of the motifs do.
template <int power, bool recalls>
bool advance(Orbits& o, double memory) {
    Pair const x = o.x, y = o.y, dx = o.dx, dy = o.dy;
    Pair const xx = x * x - y * y, xy = x * y;
    PairMask const go = x * x + y * y < escape_squared;
    // z^(power-1), from which both the next point and its derivative are made.
    Pair const px = power == 2 ? x : power == 3 ? xx : xx * x - 2.0 * xy * y;
    Pair const py = power == 2 ? y : power == 3 ? xy + xy : xx * y + 2.0 * xy * x;
    Pair next_x = px * x - py * y + o.re;
    Pair next_y = px * y + py * x + o.im;
    Pair next_dx = (px * dx - py * dy) * double{power};
    Pair next_dy = (px * dy + py * dx) * double{power};
    if constexpr (recalls) {
        next_x += memory * o.old_x;
        next_y += memory * o.old_y;
        next_dx += memory * o.old_dx;
        next_dy += memory * o.old_dy;
        o.old_x = go ? x : o.old_x;
        o.old_y = go ? y : o.old_y;
        o.old_dx = go ? dx : o.old_dx;
        o.old_dy = go ? dy : o.old_dy;
    }
    Pair const tx = next_x - trap_x, ty = next_y - trap_y;
    Pair const away = tx * tx + ty * ty;
    o.trap = away < o.trap ? away : o.trap;
    o.x = go ? next_x : x;
    o.y = go ? next_y : y;
    o.dx = go ? next_dx : dx;
    o.dy = go ? next_dy : dy;
    o.count -= go; // a true lane is -1
    return (go[0] | go[1]) != 0;
}

/// Iterates until all have escaped, or to the limit.
template <int power, bool recalls>
void run(Orbits& orbits, double memory) {
    for (int step = 0; step < iterations_max; ++step) {
        if (!advance<power, recalls>(orbits, memory)) return;
    }
}

template <int power>
void run(Orbits& orbits, double memory) {
    if (memory == 0) return run<power, false>(orbits, memory);
    run<power, true>(orbits, memory);
}

/// Writes the samples of the points whose orbits have ended.
void conclude(Orbits const& o, std::size_t first, int power, Samples& into) {
    double const seam = std::log(0.5 * std::log(escape_squared));
    for (std::size_t k = 0; k < pair_lanes; ++k) {
        std::size_t const i = first + k;
        double const x = o.x[k], y = o.y[k], dx = o.dx[k], dy = o.dy[k];
        double const square = x * x + y * y;
        into.trap[i] = o.trap[k];
        into.inside[i] = square < escape_squared ? 1 : 0;
        into.height[i] = into.slope[i] = into.distance[i] = 0;
        if (into.inside[i] != 0) continue;
        double const steep = std::max(dx * dx + dy * dy, 1e-30);
        double const log_z = 0.5 * std::log(square);
        double const extra = (std::log(log_z) - seam) / std::log(power);
        // z / dz points straight away from the fractal: the direction a relief is lit by.
        double const nx = x * dx + y * dy;
        double const ny = y * dx - x * dy;
        double const length = std::max(std::sqrt(nx * nx + ny * ny), 1e-300);
        into.height[i] = std::log2(std::max(static_cast<double>(o.count[k]) - extra + 1, 1.0));
        into.slope[i] = (nx * light_x + ny * light_y) / length;
        into.distance[i] = std::sqrt(square / steep) * log_z;
    }
}

} // namespace

void Field::iterate(Start const& start, Samples& into) const {
    for (std::size_t first = 0; first < lanes; first += pair_lanes) {
        Orbits orbits{};
        for (std::size_t k = 0; k < pair_lanes; ++k) {
            orbits.x[k] = start.x[first + k];
            orbits.y[k] = start.y[first + k];
            orbits.re[k] = start.re[first + k];
            orbits.im[k] = start.im[first + k];
        }
        orbits.dx += 1.0;
        orbits.trap += 1e9;
        switch (motif_.power) {
        case 3: run<3>(orbits, motif_.memory); break;
        case 4: run<4>(orbits, motif_.memory); break;
        default: run<2>(orbits, motif_.memory); break;
        }
        conclude(orbits, first, motif_.power, into);
    }
}

void Field::sample(Lane const& u, double v, Samples& into) const {
    Points const points = to_plane(u, v);
    Start start = bend(points, into.tint);
    for (auto const& placed : placed_layers_) apply(placed, points, start, into.tint);
    iterate(start, into);
}

} // namespace darkroom::studio
