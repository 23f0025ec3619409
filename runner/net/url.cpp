#include "runner/net/url.hpp"

#include "runner/base/text.hpp"
#include "runner/base/web_address.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace darkroom::net {

namespace {

Error bad(std::string_view text, std::string_view why) {
    // Neither the query nor a user name is shown: either may be secret.
    auto shown = text.substr(0, text.find('?'));
    if (auto const at = shown.rfind('@'); at != shown.npos) shown = shown.substr(at + 1);
    return {Errc::bad_url, fmt::format("'{}': {}", shown.substr(0, 200), why)};
}

std::uint16_t default_port(bool tls) { return tls ? 443 : 80; }

bool is_control(char c) {
    auto const byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

/// Encodes blanks, `"`, `<`, `>` and bytes beyond ASCII: services return links that contain file
/// names. All other bytes stay, also `|`, `{` and the like, which a browser would encode: some
/// hosts sign or parse the query byte by byte.
std::string encode_target(std::string_view text) {
    constexpr std::string_view unsafe = " \"<>";
    std::string out;
    out.reserve(text.size());
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (byte < 0x80 && unsafe.find(c) == unsafe.npos)
            out += c;
        else
            out += fmt::format("%{:02X}", byte);
    }
    return out;
}

std::string path_of(std::string_view target) {
    return std::string(target.substr(0, target.find('?')));
}

/// Removes dot segments (RFC 3986, 5.2.4) from a path that begins with '/'.
std::string without_dots(std::string_view path) {
    std::vector<std::string_view> kept;
    auto const parts = split(path.substr(1), '/');
    for (std::size_t i = 0; i < parts.size(); ++i) {
        bool const last = i + 1 == parts.size();
        if (parts[i] == "." || parts[i] == "..") {
            if (parts[i] == ".." && !kept.empty()) kept.pop_back();
            if (last) kept.emplace_back();
        } else {
            kept.push_back(parts[i]);
        }
    }
    std::string out;
    for (auto const part : kept) out.append("/").append(part);
    return out.empty() ? "/" : out;
}

} // namespace

std::string Origin::authority() const {
    bool const v6 = host.find(':') != host.npos;
    std::string out = v6 ? "[" + host + "]" : host;
    if (port != default_port(tls)) out += fmt::format(":{}", port);
    return out;
}

std::string Origin::text() const { return (tls ? "https://" : "http://") + authority(); }

std::string Url::shown() const { return origin.text() + path_of(target); }

Result<Url> parse_url(std::string_view text) {
    if (text.size() > url_bytes_max)
        return bad(text, fmt::format("it is longer than {} bytes", url_bytes_max));
    if (std::any_of(text.begin(), text.end(), is_control))
        return bad(text, "it has a control character in it");
    auto const address = read_web_address(text);
    if (address.user) return bad(text, "a user name in a URL is not supported");
    if (!address.fault.empty()) return bad(text, address.fault);
    if (!address.is_ipv6 && !is_host_name(address.host))
        return bad(text, "its host has a character that no host name has");
    Url url;
    url.origin.tls = address.tls;
    url.origin.host = to_lower(address.host);
    url.origin.port = address.port.value_or(default_port(address.tls));
    url.target = encode_target(address.rest.substr(0, address.rest.find('#')));
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
    return url;
}

Result<Url> resolve_url(Url const& base, std::string_view reference) {
    reference = reference.substr(0, reference.find('#'));
    auto const colon = reference.find(':');
    bool const has_scheme = colon != reference.npos && reference.find_first_of("/?") > colon;
    if (has_scheme) return parse_url(reference);
    std::string_view const scheme = base.origin.tls ? "https:" : "http:";
    if (reference.starts_with("//")) return parse_url(std::string(scheme) + std::string(reference));
    std::string target = base.target;
    auto const path = path_of(base.target);
    auto const query_at = std::min(reference.find('?'), reference.size());
    auto const query = reference.substr(query_at);
    if (query_at > 0) {
        auto const whole =
            reference.starts_with('/')
                ? std::string(reference.substr(0, query_at))
                : path.substr(0, path.rfind('/') + 1) + std::string(reference.substr(0, query_at));
        target = without_dots(whole) + std::string(query);
    } else if (!query.empty()) {
        target = path + std::string(query);
    }
    return parse_url(base.origin.text() + target);
}

bool is_ip_address(std::string_view host) {
    error_code ec;
    boost::asio::ip::make_address(host, ec);
    return !ec;
}

} // namespace darkroom::net
