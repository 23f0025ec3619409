// Parses HTTP/1.1 answers. Pure: no socket, no clock.
#pragma once

#include "runner/net/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace darkroom::net {

/// Status and headers. The headers stay one text, which is searched on demand: thousands of streams
/// hold one each for minutes.
struct ResponseHead {
    int status = 0;     ///< 0: no answer yet.
    int minor = 1;      ///< HTTP/1.`minor`.
    std::string fields; ///< "Name: value" lines, each with its line end.

    /// Returns the trimmed value of the first header with that name (any case).
    std::optional<std::string_view> find(std::string_view name) const;
    /// True when a comma-separated header, over all its lines, has this word (any case).
    bool has_word(std::string_view name, std::string_view word) const;
};

/// Takes an answer as it is read. An error ends the transfer.
class BodyReader {
public:
    virtual ~BodyReader() = default;
    /// Takes the head, once, before any byte of the body; never for a 1xx.
    virtual Result<> on_head(ResponseHead const& head) = 0;
    /// Takes a part of the body, which is valid only during the call. Returns true when it counts
    /// as progress, which restarts the idle limit.
    virtual Result<bool> on_body(std::string_view bytes) = 0;
    /// True when the reader does not need the rest of the body.
    virtual bool enough() const { return false; }
};

/// Parses one answer, in pieces of any size. Limits: head and trailers 64 KiB; the reader limits
/// the body.
class ResponseParser {
public:
    static constexpr std::size_t head_max = 64u << 10;

    /// Uses bytes up to the end of the answer and returns their number; fewer than given means that
    /// the answer is complete. Errors: Errc::bad_answer, head_too_large, or the reader's.
    Result<std::size_t> feed(std::string_view bytes, BodyReader& reader);
    /// Call it when the peer has closed. Errors: Errc::closed when the answer is incomplete.
    Result<> end_of_stream();

    bool done() const { return state_ == State::done; }
    bool has_head() const { return head_.status != 0; }
    /// True when the end of the connection is the end of the body.
    bool until_close() const { return state_ == State::until_close; }
    /// True when the connection may carry another request after this answer.
    bool keeps_alive() const { return done() && keep_alive_; }
    /// Moves the head out; only its status stays.
    ResponseHead take_head() { return std::move(head_); }
    /// True when the body has made progress since the last call.
    bool take_progress() { return std::exchange(progress_, false); }

private:
    enum class State { head, sized, chunk_size, chunk, chunk_end, trailers, until_close, done };

    Result<> take_head_bytes(std::string_view& bytes, BodyReader& reader);
    Result<> parse_head(std::string_view block);
    Result<> choose_framing();
    Result<bool> is_chunked() const;
    Result<> take_body(std::string_view& bytes, BodyReader& reader);
    Result<> take_line(std::string_view& bytes);
    Result<> on_line(std::string_view line);

    State state_ = State::head;
    ResponseHead head_;
    std::string partial_; // the incomplete head, or a chunk's size line
    std::uint64_t left_ = 0;
    std::size_t trailer_bytes_ = 0;
    bool keep_alive_ = false;
    bool progress_ = false;
};

} // namespace darkroom::net
