// The server's side of HTTP/2 without a socket: bytes go in and out, requests come out. The only
// file of the server that knows nghttp2 is this one's .cpp.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/http/exchange.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

struct nghttp2_session;

namespace darkroom::http {

/// One answer under way. The session that it was given to must not outlive it without drop().
class Http2Answer {
public:
    virtual ~Http2Answer() = default;
    /// All that was given is among the output, or the stream has ended.
    virtual void on_taken() = 0;

    /// True when the answer's end is among the output.
    bool is_whole() const { return is_whole_; }
    /// True when nothing more of it can be sent.
    bool is_gone() const { return is_gone_; }
    /// Bytes that were given, but are not among the output.
    std::size_t left() const { return piece_.size(); }
    /// True when all that was given is among the output.
    bool is_taken() const { return piece_.empty() && (is_whole_ || !is_last_); }

private:
    friend class Http2Session;
    std::string_view piece_;
    bool is_last_ = false; // nothing comes after the piece
    bool is_whole_ = false;
    bool is_gone_ = false;
};

/// A request as it came over a stream. One that was refused is not complete.
struct Http2Incoming {
    std::int32_t stream = 0;
    Request request;
    int refusal = 0; ///< 413 or 431: its body or its head is too large.
};

/// The owner of a session.
class Http2Listener {
public:
    virtual ~Http2Listener() = default;
    /// True when one more request may come in; otherwise its stream is refused.
    virtual bool has_room() const = 0;
    virtual void on_request(Http2Incoming incoming) = 0;
};

struct Http2Limits {
    std::size_t header_bytes = 16u << 10;
    std::size_t body_bytes = 16u << 20;
};

/// One connection. It is ended when the client sends thousands of frames that bring nothing, or
/// resets hundreds of streams more than it lets be answered.
class Http2Session {
public:
    /// Requests at a time.
    static constexpr std::uint32_t streams_max = 256;
    /// Bytes of bodies that came in and that no handler has taken yet. More are not sent.
    static constexpr std::int32_t held_bytes_max = 64 << 20;

    Http2Session(Http2Listener& listener, Http2Limits limits);
    ~Http2Session();
    Http2Session(Http2Session const&) = delete;
    Http2Session& operator=(Http2Session const&) = delete;

    /// Takes what the client sent. False when it is not HTTP/2.
    bool feed(std::string_view bytes);
    /// Returns the next bytes to send, valid until the next call; none when there is nothing to
    /// send.
    std::string_view output();
    /// True when nothing more is read or sent.
    bool is_over() const;
    /// Ends the connection in good order once the output is sent.
    void say_goodbye();
    /// The connection is lost: all answers are gone.
    void lose();

    /// Returns when the oldest request began that is not complete; nothing when there is none.
    std::optional<Time> incomplete_since() const;
    /// Resets the stream of that one.
    void drop_oldest_incomplete();

    /// Sends a head; `fields` are complete, but for the status. `has_body`: give() follows.
    /// False when the stream has ended.
    bool begin(std::int32_t stream, int status, Headers const& fields, Http2Answer& answer,
               bool has_body);
    /// Sends a piece of a body, which stays with the caller until it is taken; `is_last` ends it.
    void give(std::int32_t stream, Http2Answer& answer, std::string_view piece, bool is_last);
    /// Forgets an answer. A stream whose answer is not whole is reset, which says nothing about
    /// its request; of one whose request is not complete the rest is not needed any more.
    void drop(std::int32_t stream);
    /// Lets the client send so many bytes more: those of a body that a handler has taken.
    void release(std::size_t bytes);

private:
    struct Callbacks;
    struct Stream {
        Http2Incoming incoming;
        Time since = SteadyClock().now();
        std::size_t head_bytes = 0;
        bool is_handed_out = false;
        bool is_complete = false; // the client has sent its end
        Http2Answer* answer = nullptr;
    };

    Stream* find(std::int32_t stream);
    Stream const* oldest_incomplete() const;
    void hand_out(Stream& stream);
    void end_answer(Stream& stream);
    void note_answered() { resets_ -= resets_ > 0 ? 1 : 0; }

    Http2Listener& listener_;
    Http2Limits limits_;
    nghttp2_session* session_ = nullptr;
    std::map<std::int32_t, Stream> streams_;
    int idle_frames_ = 0; // in a row that brought nothing
    bool is_broken_ = false;
    int resets_ = 0; // by the client, less what was answered
};

} // namespace darkroom::http
