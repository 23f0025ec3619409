// MP4 from a film, by the machine's ffmpeg: a process of its own with an end in sight.
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
    /// `program`: looked for on PATH. It is killed when a film is not done after `limit`.
    explicit ClipEncoder(std::string program = "ffmpeg", Duration limit = std::chrono::minutes(1))
        : program_(std::move(program)), limit_(limit) {}

    /// Whether a small film can be made. Errors: Errc::clip_encoder; the detail says why not.
    Result<> check() const;
    /// The film of a clip with even sides from 16 pixels on. The same clip and the same ffmpeg make
    /// the same bytes. Errors: as check().
    Result<std::string> encode(Clip const& clip) const;

private:
    std::string program_;
    Duration limit_;
};

} // namespace darkroom::studio
