// One request and its answer over one connection.
#pragma once

#include "runner/net/connection.hpp"
#include "runner/net/reply.hpp"

#include <string>

namespace darkroom::net {

/// A request that may be sent again is kept; otherwise its memory is freed once it is sent.
enum class AfterSending { free_text, keep_text };

/// Objects that an exchange borrows; they outlive it.
struct ExchangeOver {
    Connection& connection;
    Clock& clock;
    std::span<char> scratch; ///< Shared by all exchanges of a thread; used only between two waits.
};

/// Sends one request and reads its answer.
class Exchange {
public:
    Exchange(ExchangeOver over, TimeLimits limits, Time end);

    /// Sends head and body. The outcome is in take_reply(). Cancel: terminal; throws
    /// operation_aborted.
    boost::asio::awaitable<void> send(std::string& text, AfterSending after);
    /// Reads the answer into `reader`, unless sending timed out. Cancel: as send().
    boost::asio::awaitable<void> receive(BodyReader& reader);

    Reply const& reply() const { return reply_; }
    Reply take_reply() { return std::move(reply_); }
    /// True when the connection may carry another request.
    bool may_reuse() const { return may_reuse_; }

private:
    enum class Next { step, wait_read, wait_write, end };

    void limit_by(Duration time, std::string_view doing);
    Next take_step(BodyReader& reader);
    void take_bytes(std::string_view bytes, BodyReader& reader);
    void end(Error error);

    ExchangeOver over_;
    TimeLimits limits_;
    Time end_;
    ResponseParser parser_;
    Reply reply_;
    bool may_reuse_ = false;
    bool lingering_ = false; // the reader has enough; the rest is read to keep the connection
    bool ended_ = false;
};

} // namespace darkroom::net
