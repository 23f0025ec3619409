#include "runner/net/proxy.hpp"

#include "runner/base/base64.hpp"
#include "runner/base/number.hpp"
#include "runner/base/text.hpp"
#include "runner/net/http_parser.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <array>

namespace darkroom::net {

namespace asio = boost::asio;

namespace {

Error refused(std::string text) { return {Errc::proxy_refused, std::move(text)}; }

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const hex = text.substr(i + 1, 2);
        auto const value = parse_whole<std::uint8_t>(hex, 16);
        bool const coded = text[i] == '%' && hex.size() == 2 && value;
        out += coded ? static_cast<char>(*value) : text[i];
        if (coded) i += 2;
    }
    return out;
}

/// Reads the head of the proxy's answer; a tunnel has no body.
class TunnelReader : public BodyReader {
public:
    Result<> on_head(ResponseHead const& head) override {
        status = head.status;
        return {};
    }
    Result<bool> on_body(std::string_view) override { return false; }
    int status = 0;
};

/// Reads until `bytes` is full.
asio::awaitable<Result<>> read_exactly(Connection& connection, std::span<char> bytes) {
    while (!bytes.empty()) {
        auto const step = connection.read(bytes);
        if (step.error.code) co_return step.error;
        bytes = bytes.subspan(step.bytes);
        if (step.want == Want::nothing) continue;
        auto const ready = co_await connection.ready(step.want);
        CO_TRY(ready);
    }
    co_return Result<>();
}

asio::awaitable<Result<>> send(Connection& connection, std::string text) {
    auto const written = co_await connection.write(text);
    if (written.error.code) co_return written.error;
    co_return Result<>();
}

/// Sends a text and completes with the `Size` bytes of its answer.
template <std::size_t Size>
asio::awaitable<Result<std::array<char, Size>>> ask(Connection& connection, std::string text) {
    auto const sent = co_await send(connection, std::move(text));
    CO_TRY(sent);
    std::array<char, Size> answer{};
    auto const got = co_await read_exactly(connection, answer);
    CO_TRY(got);
    co_return answer;
}

asio::awaitable<Result<>> tunnel_by_http(Connection& connection, Proxy const& proxy,
                                         Origin target) {
    bool const v6 = target.host.find(':') != std::string::npos;
    auto const host =
        (v6 ? "[" + target.host + "]" : target.host) + fmt::format(":{}", target.port);
    std::string request = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n{1}\r\n", host,
                                      proxy.authorization_line());
    auto const sent = co_await send(connection, std::move(request));
    CO_TRY(sent);
    TunnelReader reader;
    ResponseParser parser;
    while (reader.status == 0) { // byte by byte: the bytes after the head belong to the tunnel
        std::array<char, 1> byte{};
        auto const got = co_await read_exactly(connection, byte);
        CO_TRY(got);
        auto const fed = parser.feed({byte.data(), byte.size()}, reader);
        CO_TRY(fed);
    }
    if (reader.status / 100 != 2)
        co_return refused(fmt::format("it answers {} to CONNECT {}", reader.status, host));
    co_return Result<>();
}

std::string socks_request(Origin const& target) {
    std::string out("\x05\x01\x00", 3); // version 5, connect
    error_code not_an_address;
    auto const address = asio::ip::make_address(target.host, not_an_address);
    if (not_an_address) {
        out += '\x03';
        out += static_cast<char>(target.host.size()); // at most 253: parse_url checks
        out += target.host;
    } else if (address.is_v4()) {
        auto const bytes = address.to_v4().to_bytes();
        out += '\x01';
        out.append(bytes.begin(), bytes.end());
    } else {
        auto const bytes = address.to_v6().to_bytes();
        out += '\x04';
        out.append(bytes.begin(), bytes.end());
    }
    out += static_cast<char>(target.port >> 8);
    out += static_cast<char>(target.port & 255);
    return out;
}

std::string_view socks_reason(int code) {
    constexpr std::array<std::string_view, 9> words = {"",
                                                       "general failure",
                                                       "not allowed by its rules",
                                                       "network unreachable",
                                                       "host unreachable",
                                                       "connection refused",
                                                       "time to live expired",
                                                       "command not supported",
                                                       "address type not supported"};
    return code > 0 && code < static_cast<int>(words.size()) ? words[static_cast<std::size_t>(code)]
                                                             : "unknown reason";
}

/// Sends name and password (RFC 1929).
asio::awaitable<Result<>> socks_log_in(Connection& connection, Proxy const& proxy) {
    std::string words = "\x01";
    words += static_cast<char>(proxy.user.size());
    words += proxy.user;
    words += static_cast<char>(proxy.password.size());
    words += proxy.password;
    auto const asked = co_await ask<2>(connection, std::move(words));
    CO_TRY_ASSIGN(auto const answer, asked);
    if (answer[1] != 0) co_return refused("it does not accept the user name and password");
    co_return Result<>();
}

asio::awaitable<Result<>> socks_connect(Connection& connection, Origin target) {
    // The answer starts with version, reply, reserved, address type and the address's first byte.
    auto const asked = co_await ask<5>(connection, socks_request(target));
    CO_TRY_ASSIGN(auto const start, asked);
    if (start[1] != 0)
        co_return refused(fmt::format("no way to {}: {}", target.host, socks_reason(start[1])));
    std::size_t address = static_cast<unsigned char>(start[4]); // a name, after its length
    if (start[3] == 1) address = 3;
    if (start[3] == 4) address = 15;
    std::string rest(address + 2, '\0');
    auto const got = co_await read_exactly(connection, rest);
    co_return got;
}

asio::awaitable<Result<>> tunnel_by_socks(Connection& connection, Proxy const& proxy,
                                          Origin target) {
    bool const named = !proxy.user.empty();
    std::string greeting = named ? std::string("\x05\x01\x02", 3) : std::string("\x05\x01\x00", 3);
    char const method = greeting[2];
    auto const asked = co_await ask<2>(connection, std::move(greeting));
    CO_TRY_ASSIGN(auto const choice, asked);
    if (choice[0] != 5) co_return refused("it does not speak SOCKS5");
    if (choice[1] != method) co_return refused("it wants another way to log in");
    if (named) {
        auto const logged_in = co_await socks_log_in(connection, proxy);
        CO_TRY(logged_in);
    }
    auto const done = co_await socks_connect(connection, target);
    co_return done;
}

} // namespace

bool Proxy::is_for(Origin const& origin) const {
    if (kind == Kind::none) return false;
    error_code not_an_address;
    auto const address = asio::ip::make_address(origin.host, not_an_address);
    bool const is_here = origin.host == "localhost" || (!not_an_address && address.is_loopback());
    if (is_here && origin.text() != named_for) return false;
    for (auto const& name : exceptions) {
        auto const domain = name.starts_with('.') ? name : "." + name;
        if (name == "*" || origin.host == name || ("." + origin.host).ends_with(domain))
            return false;
    }
    return true;
}

std::string Proxy::authorization_line() const {
    if (user.empty()) return "";
    return "Proxy-Authorization: Basic " + to_base64(user + ":" + password) + "\r\n";
}

Result<Proxy> parse_proxy(ProxyText const& text) {
    Proxy proxy;
    for (auto const name : split(text.no_proxy, ','))
        if (!trim(name).empty()) proxy.exceptions.push_back(to_lower(trim(name)));
    std::string_view rest = trim(text.proxy);
    if (rest.empty()) return proxy;
    proxy.kind = Proxy::Kind::http;
    proxy.at.port = 3128;
    if (auto const end = rest.find("://"); end != rest.npos) {
        auto const scheme = to_lower(rest.substr(0, end));
        if (scheme == "socks5" || scheme == "socks5h") {
            proxy.kind = Proxy::Kind::socks5;
            proxy.at.port = 1080;
        } else if (scheme != "http") {
            return Error(Errc::bad_proxy, fmt::format("'{}://': only http:// and socks5:// "
                                                      "proxies are supported",
                                                      scheme));
        }
        rest.remove_prefix(end + 3);
    }
    if (auto const at = rest.rfind('@'); at != rest.npos) {
        auto const who = rest.substr(0, at);
        auto const colon = std::min(who.find(':'), who.size());
        proxy.user = percent_decoded(who.substr(0, colon));
        proxy.password = percent_decoded(who.substr(std::min(colon + 1, who.size())));
        rest.remove_prefix(at + 1);
    }
    if (proxy.user.size() > 255 || proxy.password.size() > 255)
        return Error(Errc::bad_proxy, "its user name or password is longer than 255 bytes");
    rest = rest.substr(0, rest.find('/'));
    bool const ported = rest.rfind(':') != rest.npos && !rest.ends_with(']');
    auto const url = parse_url("http://" + std::string(rest));
    if (!url) return Error(Errc::bad_proxy, url.error().detail);
    proxy.at = HostPort{url->origin.host, ported ? url->origin.port : proxy.at.port};
    return proxy;
}

asio::awaitable<Result<>> open_tunnel(Connection& connection, Proxy const& proxy, Origin target) {
    auto const through = proxy.kind == Proxy::Kind::socks5 ? tunnel_by_socks : tunnel_by_http;
    auto const done = co_await through(connection, proxy, std::move(target));
    co_return done;
}

} // namespace darkroom::net
