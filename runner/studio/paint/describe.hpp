// Describes an image: its shape, its light, its colours.
#pragma once

#include "runner/studio/paint/picture.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::studio {

/// The traits of one image.
struct ImageTraits {
    Size size;
    Aspect aspect;                    ///< Lowest terms, within 1:4 to 4:1.
    std::string orientation;          ///< "wide", "tall", "square", "panoramic".
    std::string brightness;           ///< "dark", "dim", "bright", "very bright".
    std::string contrast;             ///< "soft", "strong".
    std::vector<std::string> colours; ///< Names, the most prominent first; no name twice.
};

/// Returns the traits of a PNG, JPEG or WebP image. Errors: PictureErrc::bad_image,
/// image_too_large.
Result<ImageTraits> traits_of(std::string_view image_bytes);

/// Returns four prompts that describe just these traits, each ending in `--ar W:H`.
std::vector<std::string> descriptions_of(ImageTraits const& traits);

/// Returns the name of the nearest colour that has one.
std::string_view colour_name(Rgb colour);

} // namespace darkroom::studio
