#include "runner/net/url.hpp"

#include "runner/base/text.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace darkroom::net {

namespace {

Error bad(std::string_view text, std::string_view why) {
    // Neither the query nor a user name is shown: either may be a secret.
    auto shown = text.substr(0, text.find('?'));
    if (auto const at = shown.rfind('@'); at != shown.npos) shown = shown.substr(at + 1);
    return {Errc::bad_url, fmt::format("'{}': {}", shown.substr(0, 200), why)};
}

std::uint16_t default_port(bool tls) { return tls ? 443 : 80; }

bool is_control(char c) {
    auto const byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

/// Encodes what may not stand in a request line, as browsers do: services hand out links with file
/// names in them. What is encoded already stays as it is.
std::string encode_target(std::string_view text) {
    constexpr std::string_view unsafe = " \"<>\\^`{|}";
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

bool is_host_name(std::string_view host) {
    auto const fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    };
    return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), fits);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (ec != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

struct Authority {
    std::string_view host;
    std::optional<std::string_view> port;
    bool bracketed = false;
};

std::optional<Authority> split_authority(std::string_view text) {
    Authority out;
    std::string_view rest;
    if (text.starts_with('[')) {
        auto const close = text.find(']');
        if (close == text.npos) return std::nullopt;
        out.host = text.substr(1, close - 1);
        out.bracketed = true;
        rest = text.substr(close + 1);
    } else {
        auto const colon = text.find(':');
        out.host = text.substr(0, colon);
        rest = colon == text.npos ? std::string_view() : text.substr(colon);
    }
    if (rest.empty()) return out;
    if (!rest.starts_with(':')) return std::nullopt;
    if (rest.size() > 1) out.port = rest.substr(1); // "host:" is the default port
    return out;
}

Result<Origin> parse_origin(bool tls, std::string_view text, std::string_view whole) {
    if (text.find('@') != text.npos) return bad(whole, "a user name in a URL is not supported");
    auto const parts = split_authority(text);
    if (!parts) return bad(whole, "the host cannot be read");
    Origin origin;
    origin.tls = tls;
    origin.host = to_lower(parts->host);
    origin.port = default_port(tls);
    if (parts->port) {
        auto const port = parse_port(*parts->port);
        if (!port) return bad(whole, "the port must be a number from 1 to 65535");
        origin.port = *port;
    }
    error_code ec;
    if (parts->bracketed) {
        boost::asio::ip::make_address_v6(origin.host, ec);
        if (ec) return bad(whole, "what stands in brackets is no IPv6 address");
    } else if (!is_host_name(origin.host)) {
        return bad(whole, "the host name is empty or has a character no host name has");
    }
    return origin;
}

std::string path_of(std::string_view target) {
    return std::string(target.substr(0, target.find('?')));
}

/// RFC 3986, 5.2.4, for a path that begins with '/'.
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
    if (std::any_of(text.begin(), text.end(), is_control))
        return bad(text, "it has a control character in it");
    auto const scheme_end = text.find("://");
    auto const scheme = to_lower(text.substr(0, scheme_end == text.npos ? 0 : scheme_end));
    if (scheme != "http" && scheme != "https")
        return bad(text, "it must begin with http:// or https://");
    auto rest = text.substr(scheme_end + 3);
    rest = rest.substr(0, rest.find('#'));
    auto const authority_end = std::min(rest.find_first_of("/?"), rest.size());
    auto origin = parse_origin(scheme == "https", rest.substr(0, authority_end), text);
    if (!origin) return origin.error();
    Url url;
    url.origin = std::move(*origin);
    url.target = encode_target(rest.substr(authority_end));
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
