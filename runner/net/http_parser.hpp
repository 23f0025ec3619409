// HTTP/1.1 answers, from bytes cut anywhere to a head and a body. Pure: no socket, no clock.
#pragma once

#include "runner/net/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace darkroom::net {

/// Status and headers. The headers stay one text, looked up when asked for: thousands of streams
/// hold one each for minutes.
struct ResponseHead {
    int status = 0;     ///< 0: no answer yet.
    int minor = 1;      ///< HTTP/1.`minor`.
    std::string fields; ///< "Name: value" lines, each with its line end.

    /// The trimmed value of the first header of that name (any case).
    std::optional<std::string_view> find(std::string_view name) const;
    /// Whether a comma-separated header, over all its lines, has this word (any case).
    bool has_word(std::string_view name, std::string_view word) const;
};

/// Takes an answer as it is read off the wire. An error ends the transfer.
class BodyReader {
public:
    virtual ~BodyReader() = default;
    /// Once, before any byte of the body; never for a 1xx.
    virtual Result<> on_head(ResponseHead const& head) = 0;
    /// Part of the body, gone after the call. True when the peer has made progress by it, which
    /// starts the idle limit anew.
    virtual Result<bool> on_body(std::string_view bytes) = 0;
    /// The caller has what it wants: what is left of the body is of no use.
    virtual bool enough() const { return false; }
};

/// Reads one answer. Limits: head and trailers 64 KiB; the body is the reader's to limit.
class ResponseParser {
public:
    static constexpr std::size_t head_max = 64u << 10;

    /// Uses bytes up to the end of the answer and says how many; fewer than given means that the
    /// answer is whole. `progress` is set when the reader saw some.
    /// Errors: Errc::bad_answer, head_too_large, or the reader's.
    Result<std::size_t> feed(std::string_view bytes, BodyReader& reader);
    /// The peer has closed. Errors: Errc::closed when the answer is not whole.
    Result<> end_of_stream();

    bool done() const { return state_ == State::done; }
    bool has_head() const { return head_.status != 0; }
    /// Whether the end of the connection is the end of the body.
    bool until_close() const { return state_ == State::until_close; }
    /// Whether the connection may carry another request after this answer.
    bool keeps_alive() const { return done() && keep_alive_; }
    /// The head, given away: only its status stays.
    ResponseHead take_head() { return std::move(head_); }
    /// Whether the body has made progress since the last call.
    bool take_progress() { return std::exchange(progress_, false); }

private:
    enum class State { head, sized, chunk_size, chunk, chunk_end, trailers, until_close, done };

    Result<> take_head_bytes(std::string_view& bytes, BodyReader& reader);
    Result<> parse_head(std::string_view block);
    Result<> choose_framing();
    Result<> take_body(std::string_view& bytes, BodyReader& reader);
    Result<> take_line(std::string_view& bytes);
    Result<> on_line(std::string_view line);

    State state_ = State::head;
    ResponseHead head_;
    std::string begun_; // of the head, or of a chunk's size line
    std::uint64_t left_ = 0;
    std::size_t trailer_bytes_ = 0;
    bool keep_alive_ = false;
    bool progress_ = false;
};

} // namespace darkroom::net
