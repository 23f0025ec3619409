// TCP connections to the first of several addresses that answers.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/net/resolver.hpp"

#include <optional>

namespace darkroom::net {

/// A connected socket, or the error, of which the detail is the address that failed last.
struct Dialled {
    std::optional<boost::asio::ip::tcp::socket> socket;
    Error error;
};

/// Tries the addresses in turn, the next one as soon as one fails or after 250 ms without an
/// answer, and keeps the first socket that connects (RFC 8305). `addresses` is not empty; `clock`
/// is real time. Errors: the error of the last address, Errc::timed_out. Cancel: terminal; throws
/// operation_aborted.
boost::asio::awaitable<Dialled> dial(Clock& clock, Addresses addresses, Time deadline);

} // namespace darkroom::net
