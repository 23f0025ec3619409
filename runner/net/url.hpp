// Parses URLs. Bytes that may be sent as they are reach the server unchanged.
#pragma once

#include "runner/net/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace darkroom::net {

/// Scheme, host and port: two URLs with equal origins may share a connection and a token.
struct Origin {
    bool tls = false;
    std::string host; ///< Lower case; an IPv6 address without its brackets.
    std::uint16_t port = 0;
    friend bool operator==(Origin const&, Origin const&) = default;

    /// Returns the value of the Host header, with the port only when it is not the scheme's own.
    std::string authority() const;
    /// Returns "https://host:port", with the port only when it is not the scheme's own. For
    /// messages, and as a key.
    std::string text() const;
};

/// An absolute URL.
struct Url {
    Origin origin;
    std::string target = "/"; ///< Path and query as they are sent; never empty.

    std::string text() const { return origin.text() + target; }
    /// Returns the URL for messages, without its query, which may be a signature.
    std::string shown() const;
};

/// Reads an absolute http or https URL. A fragment is dropped; in path and query, blanks, `"`, `<`,
/// `>` and bytes beyond ASCII are percent-encoded, and nothing else is changed. Errors:
/// Errc::bad_url for another scheme, user names, control characters, a bad port or host, or more
/// than url_bytes_max.
Result<Url> parse_url(std::string_view text);

/// Resolves a Location header of an answer from `base` (RFC 3986, section 5). Errors: as
/// parse_url().
Result<Url> resolve_url(Url const& base, std::string_view reference);

/// True when the host is an IP address, which needs neither DNS nor SNI.
bool is_ip_address(std::string_view host);

} // namespace darkroom::net
