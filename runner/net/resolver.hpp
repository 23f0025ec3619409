// Looks host names up, once for all connections that need them.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/net/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace darkroom::net {

using Addresses = std::vector<boost::asio::ip::tcp::endpoint>;

/// A host and a port.
struct HostPort {
    std::string host; ///< A name, or an address without brackets.
    std::uint16_t port = 0;
};

/// The most addresses of a host that are tried.
inline constexpr std::size_t addresses_max = 16;
/// Alternates between IPv6 and IPv4: a family without a working route must not be tried many times
/// in a row. Returns the first addresses_max.
std::vector<boost::asio::ip::address> by_turns(std::vector<boost::asio::ip::address> const& found);

/// Keeps addresses for a minute; concurrent requests for one host share one look-up. The system's
/// look-up cannot be interrupted: a caller's deadline ends its wait, not the look-up, and the
/// destructor of the io_context waits for it.
class Resolver {
public:
    static constexpr Duration age_max = std::chrono::minutes(1);

    Resolver(boost::asio::any_io_executor executor, Clock& clock);

    /// Returns addresses to try in turn, IPv6 and IPv4 alternating, the system's preference first;
    /// never empty.
    /// Errors: Errc::no_address, Errc::timed_out. Cancel: terminal; throws operation_aborted.
    boost::asio::awaitable<Result<Addresses>> resolve(HostPort target, Time deadline);
    /// Drops the addresses of a host, so that the next call looks it up again.
    void forget(std::string const& host);

private:
    struct Entry;
    std::shared_ptr<Entry> entry_of(std::string const& host);
    void start(std::shared_ptr<Entry> entry, std::string const& host);

    boost::asio::any_io_executor executor_;
    Clock& clock_;
    boost::asio::ip::tcp::resolver system_;
    std::map<std::string, std::shared_ptr<Entry>, std::less<>> entries_;
};

} // namespace darkroom::net
