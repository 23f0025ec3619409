// Images that came within an answer instead of a link, until they are saved.
#pragma once

#include "runner/base/byte_sink.hpp"
#include "runner/engine/event.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace darkroom::provider {

/// Gives each image a link of the program's own, so that the engine and its facts treat it like one
/// on the network. A link says nothing to a later run: there it has expired, and the task is looked
/// up for its image.
class HeldImages {
public:
    static constexpr std::size_t bytes_max = 256u << 20;

    explicit HeldImages(std::size_t most = bytes_max) : most_(most) {}

    /// Replaces every `data:` address of an answer by such a link. Above the limit the oldest image
    /// is dropped. A `data:` address that is not base64 stays as it is.
    void take_from(engine::Answer& answer);

    static bool is_link(std::string_view url);

    /// Writes an image into `into`, and drops it then. Errors: those of `into`. Returns false when
    /// the image is not here.
    Result<bool> write(std::string_view link, ByteSink& into);

private:
    using Images = std::deque<std::pair<std::string, std::string>>; // link and bytes

    void take(std::string& url);
    Images::iterator find(std::string_view link);
    void drop(Images::iterator image);

    std::size_t most_;
    std::size_t bytes_ = 0;
    Images images_; // the oldest first
};

} // namespace darkroom::provider
