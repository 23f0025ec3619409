// A Picture as an image file. Pure: the same arguments give the same bytes.
#pragma once

#include "runner/studio/paint/backdrop.hpp"
#include "runner/studio/paint/picture.hpp"

#include <string>

namespace darkroom::studio {

/// Returns PNG bytes, RGB with 8 bits a channel. Any size of 1 to `side_max`: a thumbnail is the
/// same picture, smaller. A grid shows its four candidates 2 x 2. With a `backdrop` each candidate
/// is painted on that image where its mask says so; it stays with the caller.
std::string paint(Picture const& picture, Size size, Backdrop const* backdrop = nullptr);

/// Returns one candidate of a grid as PNG; `tile` 1 top left, 2 top right, 3 bottom left, 4 bottom
/// right. Of a single only tile 1 exists.
std::string paint_tile(Picture const& picture, int tile, Size size,
                       Backdrop const* backdrop = nullptr);

/// Returns WebP bytes; the lower the progress (0 to 100), the coarser.
std::string paint_preview(Picture const& picture, int progress, Size size,
                          Backdrop const* backdrop = nullptr);

} // namespace darkroom::studio
