// One request and its answer over one connection.
#pragma once

#include "runner/net/connection.hpp"
#include "runner/net/http_parser.hpp"

#include <string>

namespace darkroom::net {

/// How far a request got. The order is that of its life.
enum class Stage { connecting, sending, waiting, reading, complete };

/// How much of a request the system took over. `wholly`: the server may have acted upon it.
enum class Sent { none, partly, wholly };

/// What happened, exactly: a policy can be built on it, and none is built in.
struct Reply {
    Stage stage = Stage::connecting;
    Sent sent = Sent::none;
    ResponseHead head; ///< Status 0: no answer.
    std::string body;  ///< Only where the function that was called says so.
    Error error;       ///< No code: the answer is whole. The detail never holds a token.

    bool complete() const { return stage == Stage::complete; }
};

/// How long to wait for what.
struct TimeLimits {
    Duration connect = std::chrono::seconds(10); ///< Name look-up, TCP and TLS together.
    Duration first = std::chrono::seconds(120);  ///< From the request sent to the first progress.
    Duration idle = std::chrono::seconds(120);   ///< Between two signs of progress.
    Duration total = std::chrono::minutes(15);   ///< From the call to the end of the answer.
};

/// What an exchange borrows; all of it outlives the exchange.
struct ExchangeOver {
    Connection& connection;
    Clock& clock;
    std::span<char> scratch; ///< Shared by all exchanges of a thread: used between two waits only.
};

class Exchange {
public:
    Exchange(ExchangeOver over, TimeLimits limits, Time end);

    /// Sends head and body; frees `text` once it is wholly with the system, unless `keep`.
    /// What happened is in reply(). Cancel: terminal; throws operation_aborted.
    boost::asio::awaitable<void> send(std::string& text, bool keep);
    /// Reads the answer into `reader`, if anything may come. Cancel: as send().
    boost::asio::awaitable<void> receive(BodyReader& reader);

    Reply take_reply() { return std::move(reply_); }
    /// Whether the connection may carry another request.
    bool may_reuse() const { return may_reuse_; }

private:
    enum class Turn { again, wait_read, wait_write, over };

    void limit_by(Duration time, std::string_view doing);
    Turn take_step(BodyReader& reader);
    void take_bytes(std::string_view bytes, BodyReader& reader);
    void end(Error error);

    ExchangeOver over_;
    TimeLimits limits_;
    Time end_;
    ResponseParser parser_;
    Reply reply_;
    bool may_reuse_ = false;
    bool lingering_ = false; // the reader has enough; a short while for the connection's sake
    bool over_yet_ = false;
};

} // namespace darkroom::net
