// The receiver of a download.
#pragma once

#include "runner/base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace darkroom {

/// The facts that a response gives about its body before the first byte.
struct BodyStart {
    std::uint64_t offset = 0; ///< 0, or the first byte of a 206 answer to a Range request.
    std::optional<std::uint64_t> length; ///< Bytes from `offset` on, if the response says.
    std::string content_type;            ///< As sent; may be empty.
    std::string etag;                    ///< ETag or Last-Modified, for If-Range; may be empty.
};

/// Takes a body as it arrives, in order. An error ends the transfer; the sink keeps the bytes that
/// it has.
class ByteSink {
public:
    virtual ~ByteSink() = default;
    virtual Result<> begin(BodyStart const& start) = 0;
    virtual Result<> write(std::string_view bytes) = 0;
};

} // namespace darkroom
