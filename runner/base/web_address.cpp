#include "runner/base/web_address.hpp"

#include "runner/base/number.hpp"
#include "runner/base/text.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <string>

namespace darkroom {

namespace {

/// Returns false for a zone as well: it may have any characters, and means something here only.
bool is_ipv6_address(std::string_view host) {
    if (host.find('%') != host.npos) return false;
    boost::system::error_code failure;
    boost::asio::ip::make_address_v6(std::string(host), failure);
    return !failure;
}

/// Reads "user@host:port" or "[::1]:port" into `address`.
std::string_view fault_in_authority(std::string_view text, WebAddress& address) {
    if (auto const at = text.rfind('@'); at != text.npos) {
        address.user = text.substr(0, at);
        text.remove_prefix(at + 1);
    }
    address.is_ipv6 = text.starts_with('[');
    auto const end = text.find(address.is_ipv6 ? ']' : ':');
    if (address.is_ipv6 && end == text.npos) return "its '[' is never closed by ']'";
    address.host = text.substr(0, end);
    text.remove_prefix(std::min(end, text.size()));
    if (address.is_ipv6) {
        address.host.remove_prefix(1);
        text.remove_prefix(1);
        if (!is_ipv6_address(address.host)) return "the text in brackets is not an IPv6 address";
        if (!text.empty() && text.front() != ':') return "text other than a port follows ']'";
    }
    if (address.host.empty()) return "it has no host";
    if (text.size() <= 1) return {}; // "host:" is the scheme's own port
    address.port = parse_whole<std::uint16_t>(text.substr(1));
    return address.port.value_or(0) != 0 ? "" : "its port is not a number from 1 to 65535";
}

} // namespace

bool has_web_scheme(std::string_view text) {
    auto const start = to_lower(text.substr(0, 8));
    return start.starts_with("http://") || start.starts_with("https://");
}

WebAddress read_web_address(std::string_view text) {
    WebAddress address;
    if (!has_web_scheme(text)) {
        address.fault = "it must begin with http:// or https://";
        return address;
    }
    auto const scheme = text.find("://");
    address.tls = scheme == std::string_view("https").size();
    text.remove_prefix(scheme + 3);
    auto const authority = text.substr(0, text.find_first_of("/?#"));
    address.rest = text.substr(authority.size());
    address.fault = fault_in_authority(authority, address);
    return address;
}

bool is_host_name(std::string_view host) {
    auto const fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    };
    auto const lower = to_lower(host);
    return !lower.empty() && lower.size() <= 253 && std::all_of(lower.begin(), lower.end(), fits);
}

bool is_loopback_host(std::string_view host) {
    namespace ip = boost::asio::ip;
    if (to_lower(host) == "localhost") return true;
    boost::system::error_code not_an_address;
    auto const address = ip::make_address(std::string(host), not_an_address);
    if (not_an_address) return false;
    bool const mapped = address.is_v6() && address.to_v6().is_v4_mapped();
    if (!mapped) return address.is_loopback();
    return ip::make_address_v4(ip::v4_mapped, address.to_v6()).is_loopback();
}

} // namespace darkroom
