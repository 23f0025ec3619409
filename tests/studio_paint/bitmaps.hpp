// Pictures as a test looks at them: decoded pixels, cut-outs, differences.
#pragma once

#include "runner/studio/paint/image_codec.hpp"
#include "runner/studio/paint/paint.hpp"

#include <string>
#include <string_view>

namespace darkroom::studio {

/// Decodes what the painter wrote; fails the test when it is no image.
Bitmap look(std::string_view bytes);
Bitmap look(Picture const& picture, Size size);

/// A part of a bitmap, in pixels.
struct Part {
    int left, top;
    Size size;
};
Bitmap cut(Bitmap const& bitmap, Part part);
/// Mean of blocks.
Bitmap shrink(Bitmap const& bitmap, Size size);

/// Mean difference of the channels, 0 to 255; the sizes must be equal.
double difference(Bitmap const& x, Bitmap const& y);
/// Entropy of the colours in 512 bins, bits: 0 for one flat colour.
double entropy(Bitmap const& bitmap);
/// Share of pixels that are plainly of the colour's hue, in whatever light.
double share_of_hue(Rgb colour, Bitmap const& bitmap);

Picture grid_for(std::string prompt, std::uint64_t seed = 1);
/// follow() that must succeed.
Picture after(Picture const& parent, std::string action, std::uint64_t seed = 7);

} // namespace darkroom::studio
