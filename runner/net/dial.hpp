// TCP connections to whichever of several addresses answers first.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/net/resolver.hpp"

#include <optional>

namespace darkroom::net {

/// A connected socket, or why there is none.
struct Dialled {
    std::optional<boost::asio::ip::tcp::socket> socket;
    Error error;
};

/// Tries the addresses in turn, the next one as soon as one fails or after 250 ms without an
/// answer, and keeps the first that connects (RFC 8305). `addresses` is not empty; `clock` is real
/// time.
/// Errors: the last address's, Errc::timed_out. Cancel: terminal; throws operation_aborted.
boost::asio::awaitable<Dialled> dial(Clock& clock, Addresses addresses, Time deadline);

} // namespace darkroom::net
