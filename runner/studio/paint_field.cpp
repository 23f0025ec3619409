#include "runner/studio/paint_field.hpp"

#include "runner/studio/picture_dice.hpp"

#include <algorithm>
#include <cmath>

namespace darkroom::studio {

namespace {

constexpr int iterations_max = 90;
constexpr double escape_squared = 1e6; // far out, so that the smooth count shows no seams
constexpr double fold_reach = 1.55;    // the plane is mirrored softly beyond this
constexpr double drift = 0.035;        // how far c wanders over the plane
constexpr double pi = 3.14159265358979323846;

/// Sine by polynomial: three times as fast as the library's, and the same on every machine.
/// Good to 1e-4, which is a thousandth of a pixel here.
double wave(double angle) {
    double turns = angle * (0.5 / pi);
    turns -= std::floor(turns + 0.5);
    // Mirror the outer quarters inwards, where the series is short.
    double const near = 0.25 - std::abs(std::abs(turns) - 0.25);
    double const x = std::copysign(near, turns) * (2 * pi);
    double const xx = x * x;
    return x * (1 - xx * (1.0 / 6 - xx * (1.0 / 120 - xx * (1.0 / 5040))));
}

double fold(double x) { return fold_reach * wave(x / fold_reach); }

double smooth_step(double x) {
    double const t = std::clamp(x, 0.0, 1.0);
    return t * t * (3 - 2 * t);
}

/// Between the middles of the mask's cells, so that its edge leaves no stairs.
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
    : motif_(scene.motif), window_(scene.window), cosine_(std::cos(scene.window.turn)),
      sine_(std::sin(scene.window.turn)) {
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
        places_.push_back({layer, std::cos(seen.turn), std::sin(seen.turn), seen.span * wide / 2,
                           seen.span / wide / 2});
    }
}

Field::Points Field::place(Lane const& u, double v) const {
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
/// like another, and lets c wander with the place.
Field::Start Field::bend(Points const& points) const {
    Start start;
    for (std::size_t i = 0; i < lanes; ++i) {
        double const x = points.x[i];
        double const y = points.y[i];
        std::array<double, 4> swell;
        for (std::size_t k = 0; k < swell.size(); ++k) {
            auto const& w = waves_[k];
            swell[k] = wave(w.along_x * x + w.along_y * y + w.phase);
        }
        start.x[i] = fold(x + motif_.warp * (swell[0] + 0.5 * swell[3]));
        start.y[i] = fold(y + motif_.warp * (swell[1] + 0.5 * swell[2]));
        start.re[i] = motif_.re + drift * swell[2] * swell[0];
        start.im[i] = motif_.im + drift * swell[3] * swell[1];
    }
    return start;
}

void Field::apply(Place const& place, Points const& points, Start& start, Lane& tint) const {
    auto const& layer = place.layer;
    for (std::size_t i = 0; i < lanes; ++i) {
        double const x = points.x[i] - layer.window.x;
        double const y = points.y[i] - layer.window.y;
        double const u = (x * place.cosine + y * place.sine) / place.half_width;
        double const v = (y * place.cosine - x * place.sine) / place.half_height;
        double const outside = std::max({std::abs(u) - 1, std::abs(v) - 1, 0.0});
        double const weight = layer.mask ? coverage(*layer.mask, u, v) : smooth_step(outside / 0.8);
        start.re[i] += weight * layer.re;
        start.im[i] += weight * layer.im;
        tint[i] += weight * layer.tint;
    }
}

template <int power>
void Field::iterate(Start const& start, Samples& into) const {
    Lane x = start.x, y = start.y, old_x{}, old_y{};
    Lane dx, dy{}, old_dx{}, old_dy{}, count{}, trap;
    dx.fill(1);
    trap.fill(1e9);
    double const memory = motif_.memory;
    for (int step = 0; step < iterations_max; ++step) {
        double running = 0;
        for (std::size_t i = 0; i < lanes; ++i) {
            double const alive = x[i] * x[i] + y[i] * y[i] < escape_squared ? 1.0 : 0.0;
            // z^(power-1), from which both the next point and its derivative are made.
            double px = x[i], py = y[i];
            for (int k = 2; k < power; ++k) {
                double const qx = px * x[i] - py * y[i];
                py = px * y[i] + py * x[i];
                px = qx;
            }
            double const next_x = px * x[i] - py * y[i] + start.re[i] + memory * old_x[i];
            double const next_y = px * y[i] + py * x[i] + start.im[i] + memory * old_y[i];
            double const next_dx = power * (px * dx[i] - py * dy[i]) + memory * old_dx[i];
            double const next_dy = power * (px * dy[i] + py * dx[i]) + memory * old_dy[i];
            double const cross = std::min(std::abs(next_x), std::abs(next_y - 0.15));
            bool const go = alive != 0;
            trap[i] = go ? std::min(trap[i], cross) : trap[i];
            old_x[i] = go ? x[i] : old_x[i];
            old_y[i] = go ? y[i] : old_y[i];
            old_dx[i] = go ? dx[i] : old_dx[i];
            old_dy[i] = go ? dy[i] : old_dy[i];
            x[i] = go ? next_x : x[i];
            y[i] = go ? next_y : y[i];
            dx[i] = go ? next_dx : dx[i];
            dy[i] = go ? next_dy : dy[i];
            count[i] += alive;
            running += alive;
        }
        if (running == 0) break;
    }
    for (std::size_t i = 0; i < lanes; ++i) {
        double const square = x[i] * x[i] + y[i] * y[i];
        bool const inside = square < escape_squared;
        double const steep = std::max(dx[i] * dx[i] + dy[i] * dy[i], 1e-30);
        double const log_z = 0.5 * std::log(std::max(square, 1.0 + 1e-9));
        double const extra = std::log(log_z / (0.5 * std::log(escape_squared))) / std::log(power);
        // z / dz points straight away from the fractal: the direction a relief is lit by.
        double const nx = (x[i] * dx[i] + y[i] * dy[i]) / steep;
        double const ny = (y[i] * dx[i] - x[i] * dy[i]) / steep;
        double const length = std::max(std::sqrt(nx * nx + ny * ny), 1e-300);
        into.inside[i] = inside ? 1 : 0;
        into.height[i] = inside ? 0 : std::log2(std::max(count[i] - extra + 1, 1.0));
        into.slope[i] = inside ? 0 : (nx * -0.6 + ny * -0.8) / length;
        into.distance[i] = inside ? 0 : std::sqrt(square / steep) * log_z;
        into.trap[i] = trap[i];
    }
}

void Field::sample(Lane const& u, double v, Samples& into) const {
    Points const points = place(u, v);
    Start start = bend(points);
    into.tint.fill(0);
    for (auto const& place : places_) apply(place, points, start, into.tint);
    switch (motif_.power) {
    case 3: return iterate<3>(start, into);
    case 4: return iterate<4>(start, into);
    default: return iterate<2>(start, into);
    }
}

} // namespace darkroom::studio
