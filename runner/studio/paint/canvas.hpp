// One scene in colour, row by row.
#pragma once

#include "runner/studio/paint/field.hpp"
#include "runner/studio/paint/palette.hpp"
#include "runner/studio/paint/picture.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace darkroom::studio {

/// A scene ready to be painted at one size. Holds no reference to the scene.
class Canvas {
public:
    Canvas(Scene const& scene, Aspect aspect, Size size);

    /// Paints row `y` from the top; `row` has width * 3 bytes.
    void paint_row(int y, std::span<std::uint8_t> row) const;
    /// Paints the whole scene, rows one after another.
    std::vector<std::uint8_t> paint_all() const;

private:
    Tone shade(Samples const& samples, std::size_t lane) const;

    Field field_;
    ColourWheel wheel_;
    double tint_;
    double pixel_; ///< Side of a pixel, in units of the plane.
    Size size_;
};

} // namespace darkroom::studio
