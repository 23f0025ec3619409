// Addresses of the web up to their path, by one grammar for job files and for connections.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace darkroom {

/// An absolute http or https address, taken apart; the parts are as they are written, and point
/// into what was read. Host, port and rest are right only if there is no fault.
struct WebAddress {
    bool tls = false;
    std::optional<std::string_view> user; ///< Name and password.
    std::string_view host;                ///< Never empty; an IPv6 address without its brackets.
    bool is_ipv6 = false;
    std::optional<std::uint16_t> port;
    std::string_view rest;  ///< Path, query and fragment.
    std::string_view fault; ///< What is wrong with it, without quoting it; "": nothing is.
};

/// Whether it begins with http:// or https://, in whatever case.
bool has_web_scheme(std::string_view text);

/// Reads it up to the first fault. A host may have any characters: see is_host_name().
WebAddress read_web_address(std::string_view text);

/// Whether a name server can be asked for it. International names have a form for that, "xn--…".
bool is_host_name(std::string_view host);

} // namespace darkroom
