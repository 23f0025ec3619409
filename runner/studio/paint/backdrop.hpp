// An input image as a background: edits change a part of it, clips move over it.
#pragma once

#include "runner/studio/paint/image_codec.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace darkroom::studio {

/// An input image and the part of it that is redrawn.
struct Backdrop {
    Bitmap image;
    std::optional<Bitmap>
        mask; ///< White: redrawn. Nothing: a little of the new picture everywhere.
};

/// Decodes the two; `mask` may be empty. Errors: as decode_image().
Result<Backdrop> read_backdrop(std::string_view image, std::string_view mask);

/// Returns the interpolated colour of an image at a point, 0 to 1 each way; white where
/// transparent.
Rgb colour_at(Bitmap const& image, double u, double v);

/// Puts the backdrop over a row of `row.size() / 3` painted pixels, except where it is redrawn.
/// `v`: the row's position from the top, 0 to 1.
void lay_over(Backdrop const& backdrop, double v, std::span<std::uint8_t> row);

} // namespace darkroom::studio
