// Tools that compare pictures: decoded pixels, cut-outs, differences.
#pragma once

#include "runner/studio/paint/image_codec.hpp"
#include "runner/studio/paint/paint.hpp"

#include <string>
#include <string_view>

namespace darkroom::studio {

/// Decodes the painter's file; fails the test when it is not an image.
Bitmap look(std::string_view bytes);
Bitmap look(Picture const& picture, Size size);

/// Returns a part of a bitmap, in pixels.
struct Part {
    int left, top;
    Size size;
};
Bitmap cut(Bitmap const& bitmap, Part part);
/// Returns the means of blocks.
Bitmap shrink(Bitmap const& bitmap, Size size);

/// Returns the mean difference of the channels, 0 to 255; the sizes must be equal.
double difference(Bitmap const& x, Bitmap const& y);
/// Returns the entropy of the colours in 512 bins, bits: 0 for one flat colour.
double entropy(Bitmap const& bitmap);
/// Returns the share of pixels that clearly have the colour's hue, in any light.
double share_of_hue(Rgb colour, Bitmap const& bitmap);

Picture grid_for(std::string prompt, std::uint64_t seed = 1);
/// Calls follow(), which must succeed.
Picture after(Picture const& parent, std::string action, std::uint64_t seed = 7);

} // namespace darkroom::studio
