// The field that is painted: the samples of every point of the endless plane, before colour.
#pragma once

#include "runner/studio/paint/picture.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace darkroom::studio {

/// Eight neighbouring points at a time: enough independent work to keep the processor's multipliers
/// busy, and a loop length that compilers turn into vector code.
inline constexpr std::size_t lanes = 8;
using Lane = std::array<double, lanes>;

/// The samples of eight points.
struct Samples {
    Lane height;   ///< Smooth escape time, about 0 to 7.
    Lane slope;    ///< -1 turned from the light, 1 towards it.
    Lane distance; ///< To the nearest thread of the fractal, in units of the plane; 0 inside.
    Lane trap;     ///< Least distance of the orbit to a fixed point, squared.
    Lane inside;   ///< 1 where the orbit never escapes, else 0.
    Lane tint;     ///< Added to the position in the palette.
};

/// One scene's field. Holds no reference to the scene.
class Field {
public:
    Field(Scene const& scene, Aspect aspect);

    /// Samples points of the window: `u` and `v` from -0.5 (left, top) to 0.5.
    void sample(Lane const& u, double v, Samples& into) const;

    /// Sides of the window, in units of the plane.
    double width() const { return width_; }
    double height() const { return height_; }

private:
    struct Wave {
        double along_x, along_y, phase;
    };
    struct Points {
        Lane x, y;
    };
    /// The start of the iteration and its c: the bent plane.
    struct Start {
        Lane x, y, re, im;
    };
    struct PlacedLayer {
        Layer layer;
        double cosine, sine, half_width, half_height;
    };

    Points to_plane(Lane const& u, double v) const;
    Start bend(Points const& points, Lane& tint) const;
    void apply(PlacedLayer const& placed, Points const& points, Start& start, Lane& tint) const;
    void iterate(Start const& start, Samples& into) const;

    Motif motif_;
    Window window_;
    double width_, height_, cosine_, sine_;
    std::array<Wave, 4> waves_;
    std::vector<PlacedLayer> placed_layers_;
};

} // namespace darkroom::studio
