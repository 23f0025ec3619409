// HTTP/2 without a socket: bytes go in and out, and streams learn of their answers. The only file
// that knows nghttp2 is this one's .cpp.
#pragma once

#include "runner/net/reply.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct nghttp2_session;

namespace darkroom::net {

/// A request in the words of HTTP/2.
struct Http2Request {
    std::string method;
    std::string scheme;
    std::string authority;
    std::string path;
    std::vector<std::pair<std::string, std::string>> fields; ///< Names in lower case.
    std::string body;                                        ///< Sent when it is not empty.
};

/// The three ends of a stream.
enum class StreamEnd {
    whole,   ///< The answer is complete.
    refused, ///< The server says that it has not taken the request, and will not.
    broken,  ///< Anything else.
};

/// One request under way. A session that it was given to must not outlive it without forget().
class Http2Stream {
public:
    virtual ~Http2Stream() = default;
    /// Called just before the first byte of the request is among the session's output. False: its
    /// body does not follow, and the stream ends at once. A request without a body has left then.
    virtual bool on_leaving() = 0;
    /// Called once, when the system has accepted all of the request.
    virtual void on_sent() = 0;
    /// The head of the answer, once; never of a 1xx.
    virtual void on_head(ResponseHead head) = 0;
    virtual void on_body(std::string_view bytes) = 0;
    /// Called once, as the last; the session has forgotten the stream then. Without an error the
    /// answer is whole.
    virtual void on_end(StreamEnd end, Error error) = 0;

private:
    friend class Http2Session;
    static constexpr std::uint64_t never = ~std::uint64_t{0};
    std::string body_; // until all of it is among the output
    std::size_t body_at_ = 0;
    ResponseHead head_; // while it arrives
    bool is_held_back_ = false;
    bool is_answered_ = false; // the final head is there
    bool is_whole_ = false;    // the answer has ended properly
    bool is_head_too_long_ = false;
    std::uint64_t first_at_ = never; // where its first frame begins in the output
    std::uint64_t last_at_ = never;  // where its last frame begins
};

/// The client's side of one connection. Limits: heads of 64 KiB, 200 streams, and a connection ends
/// when the server sends thousands of frames that bring nothing.
class Http2Session {
public:
    /// The most streams of one connection, whatever the server allows: if it is lost, as many
    /// requests are in doubt.
    static constexpr std::size_t streams_max = 200;

    Http2Session();
    ~Http2Session();
    Http2Session(Http2Session const&) = delete;
    Http2Session& operator=(Http2Session const&) = delete;

    /// True when the server takes another request on this connection.
    bool has_room() const;
    std::size_t streams() const { return streams_.size(); }
    /// True when nothing more is read or sent: the server has said goodbye, or broken the rules.
    bool is_over() const;
    /// True once the server's SETTINGS are here, which are the first that it says in HTTP/2.
    bool is_greeted() const { return is_greeted_; }
    /// True when the server has broken the rules, or refuses to speak HTTP/2.
    bool is_broken() const { return is_broken_ || (is_over() && !is_closing_); }

    /// Returns the stream's number. Errors: Errc::bad_answer.
    Result<std::int32_t> submit(Http2Request request, Http2Stream& stream);
    /// Asks the server to stop, and calls the stream no more. A stream that has ended is ignored.
    void forget(std::int32_t id);
    /// Asks the server for a sign of life.
    void ping();

    /// Takes what the server sent. Errors: Errc::bad_answer; the connection is lost then.
    Result<> feed(std::string_view bytes);
    /// Returns the next bytes to send, valid until the next call; none when there is nothing to
    /// send. Errors: Errc::bad_answer.
    Result<std::string_view> output();
    /// Says how many bytes of output() the system has accepted so far, in all.
    void note_accepted(std::uint64_t bytes);
    /// Ends all streams: the connection is lost.
    void lose(Error const& error);

    /// Returns the part of the request that has left or will leave, since it is among the output;
    /// once the connection is lost, the part that the system has accepted. All of it from the first
    /// byte of its last frame on.
    Sent sent(Http2Stream const& stream) const;
    /// True when the answer has ended, though perhaps not the request.
    static bool is_whole(Http2Stream const& stream) { return stream.is_whole_; }

private:
    struct Callbacks;
    void note_code(std::uint32_t code);

    nghttp2_session* session_ = nullptr;
    std::map<std::int32_t, Http2Stream*> streams_;
    std::vector<std::int32_t> leaving_; // streams whose last frame is among the output
    std::uint64_t made_ = 0;            // bytes of output so far
    std::uint64_t accepted_ = 0;        // of these, the system has accepted
    int idle_frames_ = 0;               // in a row that brought nothing
    bool is_greeted_ = false;
    bool is_broken_ = false;
    bool is_closing_ = false; // the server takes no more requests
    bool is_lost_ = false;
};

} // namespace darkroom::net
