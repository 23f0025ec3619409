// Somebody's image as the ground that is painted on: edits change a part of it, clips move over it.
#pragma once

#include "runner/studio/paint/image_codec.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace darkroom::studio {

/// An input image with what is to be redrawn of it.
struct Backdrop {
    Bitmap image;
    std::optional<Bitmap> mask; ///< White: redrawn. Nothing: a touch of the new everywhere.
};

/// Decodes the two; `mask` may be empty. Errors: as decode_image().
Result<Backdrop> read_backdrop(std::string_view image, std::string_view mask);

/// Colour of an image at a place, 0 to 1 each way, between the pixels; on white where transparent.
Rgb colour_at(Bitmap const& image, double u, double v);

/// Puts the backdrop over a row of `row.size() / 3` painted pixels, except where it is redrawn.
/// `v`: the row's place from the top, 0 to 1.
void lay_over(Backdrop const& backdrop, double v, std::span<std::uint8_t> row);

} // namespace darkroom::studio
