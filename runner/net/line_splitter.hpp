// Bytes in, lines out, wherever the bytes were cut on their way. Pure.
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
    /// Whether there is anything left to wait for.
    enum class Flow { more, enough };
    virtual ~LineSink() = default;
    /// `line` has no line end and is gone after the call. An error ends the transfer.
    virtual Result<Flow> on_line(std::string_view line) = 0;
};

/// Cuts at LF or CRLF and leaves blank lines out. Holds memory only while a line is incomplete.
class LineSplitter {
public:
    static constexpr std::size_t line_max = 8u << 20;

    explicit LineSplitter(LineSink& sink, std::size_t limit = line_max)
        : sink_(sink), limit_(limit) {}

    /// Errors: Errc::line_too_long, or the sink's. What comes after `enough` is dropped.
    Result<> feed(std::string_view bytes);
    /// The stream has ended: a last line without an end is a line too.
    Result<> finish();

    /// Line ends seen, those of blank lines included: a service's heart-beat.
    std::uint64_t ends() const { return ends_; }
    bool enough() const { return enough_; }

private:
    Result<> emit(std::string_view line);

    LineSink& sink_;
    std::size_t limit_;
    std::string begun_;
    std::uint64_t ends_ = 0;
    bool enough_ = false;
};

} // namespace darkroom::net
