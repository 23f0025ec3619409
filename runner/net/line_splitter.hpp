// Splits a stream of bytes into lines. Pure.
#pragma once

#include "runner/net/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace darkroom::net {

/// Takes the lines of a stream as they arrive.
class LineSink {
public:
    /// The answer to a line: `enough` ends the transfer.
    enum class Flow { more, enough };
    virtual ~LineSink() = default;
    /// Takes a line without its line end, valid only during the call. An error ends the transfer.
    virtual Result<Flow> on_line(std::string_view line) = 0;
};

/// Splits at LF or CRLF and skips blank lines. Holds memory only while a line is incomplete.
class LineSplitter {
public:
    static constexpr std::size_t line_max = 8u << 20;

    explicit LineSplitter(LineSink& sink, std::size_t limit = line_max)
        : sink_(sink), limit_(limit) {}

    /// Takes the next bytes. Bytes after `enough` are dropped. Errors: Errc::line_too_long, or the
    /// sink's.
    Result<> feed(std::string_view bytes);
    /// Call it at the end of the stream: a last line without a line end counts too.
    Result<> finish();

    /// Returns the number of line ends so far, blank lines (heartbeats of a service) included.
    std::uint64_t ends() const { return ends_; }
    bool enough() const { return enough_; }

private:
    Result<> emit(std::string_view line);

    LineSink& sink_;
    std::size_t limit_;
    std::string partial_;
    std::uint64_t ends_ = 0;
    bool enough_ = false;
};

} // namespace darkroom::net
