// Clips: the camera moves through a picture.
#pragma once

#include "runner/studio/paint/image_codec.hpp"

#include <optional>
#include <string>

namespace darkroom::studio {

/// A picture and the movement of the camera. The same clip gives the same bytes.
struct Clip {
    Bitmap first;
    std::optional<Bitmap> last; ///< Comes into view towards the end.
    int path = 0;               ///< 0 closer, 1 away, 2 to the right, 3 upwards.
    int clips_before = 0;       ///< The number of clips before this one on its path.
    bool loop = false;          ///< Ends where it began.
    Size size;
};

/// Returns the pixels of a clip with that short side; even numbers.
Size clip_size(Aspect aspect, int short_side);

inline constexpr int clip_frames = 50;
inline constexpr int clip_frame_ms = 100;
/// Returns a frame, 0 to 49: width * height * 3 bytes.
std::vector<std::uint8_t> clip_frame(Clip const& clip, int number);

/// Returns an animated WebP of five seconds, ten frames each.
std::string clip_webp(Clip const& clip);
/// Returns its first frame as PNG.
std::string clip_cover(Clip const& clip, Size size);
/// Returns its first frame as WebP.
std::string clip_preview(Clip const& clip, Size size);

} // namespace darkroom::studio
