// Addresses of the web, taken apart; of what the server will see no byte changes that may be sent.
#pragma once

#include "runner/net/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace darkroom::net {

/// Whom we talk to: two URLs of equal origin may share a connection and a token.
struct Origin {
    bool tls = false;
    std::string host; ///< Lower case; an IPv6 address without its brackets.
    std::uint16_t port = 0;
    friend bool operator==(Origin const&, Origin const&) = default;

    /// What the Host header says: the port only when it is not the scheme's own.
    std::string authority() const;
    /// "https://host:port", without a port that is the scheme's own. For messages, and as a key.
    std::string text() const;
};

struct Url {
    Origin origin;
    std::string target = "/"; ///< Path and query as they are sent; never empty.

    std::string text() const { return origin.text() + target; }
    /// Without the query, which may be a signature: for messages.
    std::string shown() const;
};

/// Reads an absolute http or https URL. A fragment is dropped; in path and query, blanks, `"`, `<`,
/// `>` and bytes beyond ASCII are percent-encoded, and nothing else is changed. Errors:
/// Errc::bad_url for another scheme, user names, control characters, a bad port or host.
Result<Url> parse_url(std::string_view text);

/// What a Location header means on a page at `base` (RFC 3986, section 5). Errors: as parse_url.
Result<Url> resolve_url(Url const& base, std::string_view reference);

/// Whether the host is written as an address, so that neither DNS nor SNI takes part.
bool is_ip_address(std::string_view host);

} // namespace darkroom::net
