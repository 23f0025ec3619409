// Tunnels through a proxy: HTTP CONNECT and SOCKS5.
#pragma once

#include "runner/net/connection.hpp"
#include "runner/net/resolver.hpp"
#include "runner/net/url.hpp"

#include <string>
#include <vector>

namespace darkroom::net {

/// A proxy and the hosts that are reached without it.
struct Proxy {
    enum class Kind { none, http, socks5 } kind = Kind::none;
    HostPort at;
    std::string user; ///< Decoded; "" for none.
    std::string password;
    std::vector<std::string> exceptions; ///< Hosts, or domains with a dot before; "*" for all.

    /// The text of the origin that was meant when the proxy was named; or "".
    std::string named_for = {};

    /// True when requests to `origin` go through the proxy. For this machine itself only where it
    /// is `named_for`.
    bool is_for(Origin const& origin) const;
    /// Returns the Proxy-Authorization header line, or "".
    std::string authorization_line() const;
};

/// The values of HTTPS_PROXY and NO_PROXY: "http://[user:password@]host[:port]" or "socks5://…"
/// (also "socks5h"), a bare "host:port" for http, "" for none.
struct ProxyText {
    std::string proxy;
    std::string no_proxy; ///< Comma-separated.
};
/// Errors: Errc::bad_proxy, without the password.
Result<Proxy> parse_proxy(ProxyText const& text);

/// Asks the proxy at the other end of `connection` for a tunnel to `target`. The proxy looks the
/// name up. Errors: Errc::proxy_refused with its reason; any error of the connection.
/// Cancel: terminal; throws operation_aborted.
boost::asio::awaitable<Result<>> open_tunnel(Connection& connection, Proxy const& proxy,
                                             Origin target);

} // namespace darkroom::net
