// Encodes clips as MP4 with the machine's ffmpeg: a process of its own with a time limit.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/error.hpp"
#include "runner/studio/paint/clip.hpp"

#include <string>

namespace darkroom::studio {

/// H.264 in MP4 as every browser plays it: yuv420p, its index first. All calls block and belong
/// on the pool; an object is never changed, so that several threads may use it.
class ClipEncoder {
public:
    /// `program`: looked for on PATH. It is killed when a movie is not done after `limit`.
    explicit ClipEncoder(std::string program = "ffmpeg", Duration limit = std::chrono::minutes(1))
        : program_(std::move(program)), limit_(limit) {}

    /// Succeeds when a small movie can be made. Errors: Errc::clip_encoder with the reason in its
    /// detail.
    Result<> check() const;
    /// Returns the movie of a clip with even sides of 16 pixels or more. The same clip and the same
    /// ffmpeg make the same bytes. Errors: as check().
    Result<std::string> encode(Clip const& clip) const;

private:
    std::string program_;
    Duration limit_;
};

} // namespace darkroom::studio
