// Web addresses up to their path: one grammar for job files and for connections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace darkroom {

/// The longest address that is read; a link with its signature has some hundred bytes.
inline constexpr std::size_t url_bytes_max = 16u << 10;

/// The parts of an absolute http or https address as they are written; they point into the text
/// that was read. Host, port and rest are valid only if there is no fault.
struct WebAddress {
    bool tls = false;
    std::optional<std::string_view> user; ///< Name and password.
    std::string_view host;                ///< Never empty; an IPv6 address without its brackets.
    bool is_ipv6 = false;
    std::optional<std::uint16_t> port;
    std::string_view rest;  ///< Path, query and fragment.
    std::string_view fault; ///< The problem, without a quotation of the address; "" for none.
};

/// True when it begins with http:// or https://, in any case.
bool has_web_scheme(std::string_view text);

/// Reads an address up to its first fault. The host may have any characters: see is_host_name().
WebAddress read_web_address(std::string_view text);

/// True when a name server can look it up. International names have the form "xn--…" for that.
bool is_host_name(std::string_view host);

/// True for `localhost` and for addresses of this machine itself, without brackets. Any other name
/// may lead anywhere.
bool is_loopback_host(std::string_view host);

} // namespace darkroom
