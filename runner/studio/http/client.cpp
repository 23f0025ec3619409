#include "runner/studio/http/client.hpp"

#include "runner/base/deadline.hpp"
#include "runner/base/text.hpp"
#include "runner/base/web_address.hpp"
#include "runner/http/parser.hpp"
#include "runner/http/stream.hpp"
#include "runner/studio/http/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace darkroom::studio {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// The parts of a response that matter: the image, or where it is.
struct Fetched {
    int status = 0;
    std::string location;
    std::string body;
};

enum class Method { get, post };

/// A request besides its address.
struct Call {
    Method method = Method::get;
    std::string body;
};

Error unusable(std::string why) { return {Errc::input_image, std::move(why)}; }

/// Returns the host as it stands in a link and in the Host header.
std::string written_host(LinkParts const& parts) {
    bool const is_v6 = parts.host.find(':') != std::string::npos;
    return is_v6 ? "[" + parts.host + "]" : parts.host;
}

std::string request_text(LinkParts const& parts, Call const& call) {
    bool const usual_port = parts.port == (parts.secure ? "443" : "80");
    auto const host = usual_port ? written_host(parts) : written_host(parts) + ":" + parts.port;
    auto text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: darkroom-studio\r\n"
                            "Connection: close\r\n",
                            call.method == Method::get ? "GET" : "POST", parts.target, host);
    if (call.method == Method::get) return text + "Accept: image/*\r\n\r\n";
    return text + fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                              call.body.size(), call.body);
}

asio::awaitable<Result<Fetched>> exchange(http::Stream stream, LinkParts parts, Call call,
                                          std::size_t bytes_max) {
    auto const text = request_text(parts, call);
    auto failure = co_await stream.write(text);
    if (failure) co_return unusable(failure.message());
    http::ParserLimits limits;
    limits.body_bytes = bytes_max;
    http::ResponseParser parser(limits);
    http::MessageReader reader;
    failure = co_await reader.read_header(stream, parser);
    if (failure) co_return unusable(failure.message());
    if (call.method == Method::get) { // of a POST's answer only the status counts
        failure = co_await reader.read_message(stream, parser);
        if (failure) co_return unusable(failure.message());
    }
    Fetched fetched;
    fetched.status = parser.status();
    fetched.location = parser.location();
    fetched.body = parser.take_body();
    co_return fetched;
}

asio::awaitable<Result<Fetched>> fetch(LinkParts parts, Call call, GetSetup setup) {
    auto const executor = co_await asio::this_coro::executor;
    tcp::resolver resolver(executor);
    auto [resolve_error, found] =
        co_await resolver.async_resolve(parts.host, parts.port, as_result);
    if (resolve_error) co_return unusable("looking up its host: " + resolve_error.message());
    tcp::socket socket(executor);
    auto [connect_error, endpoint] = co_await asio::async_connect(socket, found, as_result);
    (void)endpoint;
    if (connect_error) co_return unusable("connecting: " + connect_error.message());
    http::Stream stream(std::move(socket), parts.secure ? &setup.tls : nullptr);
    if (parts.secure) {
        auto const failure = co_await stream.connect_handshake(parts.host);
        if (failure) co_return unusable("TLS: " + failure.message());
    }
    auto fetched =
        co_await exchange(std::move(stream), std::move(parts), std::move(call), setup.limits.bytes);
    co_return fetched;
}

/// Returns the link that a redirect leads to from the link that gave it.
std::string resolve_location(LinkParts const& from, std::string location) {
    if (!location.starts_with('/') || location.starts_with("//")) return location;
    return fmt::format("{}://{}:{}{}", from.secure ? "https" : "http", written_host(from),
                       from.port, location);
}

asio::awaitable<Result<std::string>> follow_links(std::string link, GetSetup setup) {
    for (int redirects = 0; redirects <= setup.limits.redirects; ++redirects) {
        auto const parts = read_link(link);
        if (!parts) co_return unusable("not an http(s) link: " + link);
        auto fetched = co_await fetch(*parts, Call(), setup);
        if (!fetched) co_return fetched.error();
        if (fetched->status == 200) co_return std::move(fetched->body);
        bool const redirect = fetched->status / 100 == 3 && !fetched->location.empty();
        if (!redirect) co_return unusable(fmt::format("answered {}", fetched->status));
        link = resolve_location(*parts, std::move(fetched->location));
    }
    co_return unusable("too many redirects");
}

asio::awaitable<Result<int>> send(std::string link, Call call, GetSetup setup) {
    auto parts = read_link(link);
    if (!parts) co_return unusable("not an http(s) link: " + link);
    auto fetched = co_await fetch(std::move(*parts), std::move(call), setup);
    if (!fetched) co_return fetched.error();
    co_return fetched->status;
}

Error too_late(GetSetup const& setup) {
    return unusable("no answer within " + format_duration(setup.limits.total));
}

} // namespace

std::optional<LinkParts> read_link(std::string_view link) {
    // It goes into the head of a request: a line break in it would be a header of the caller's own.
    auto const breaks = [](unsigned char c) { return c <= 0x20 || c == 0x7f; };
    if (std::any_of(link.begin(), link.end(), breaks)) return std::nullopt;
    LinkParts parts;
    if (!has_web_scheme(link)) return std::nullopt;
    auto const scheme = link.find("://");
    parts.secure = scheme == std::string_view("https").size();
    link.remove_prefix(scheme + 3);
    link = link.substr(0, link.find('#'));
    auto const path = link.find_first_of("/?");
    auto authority = link.substr(0, path);
    parts.target = path == std::string_view::npos ? "/" : std::string(link.substr(path));
    if (parts.target.starts_with('?')) parts.target.insert(0, 1, '/');
    if (authority.find('@') != std::string_view::npos) return std::nullopt;
    parts.port = parts.secure ? "443" : "80";
    auto const bracket = authority.find(']');
    auto const colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon != std::string_view::npos) {
        parts.port = authority.substr(colon + 1);
        authority = authority.substr(0, colon);
    }
    if (authority.starts_with('[')) authority = authority.substr(1, bracket - 1);
    parts.host = authority;
    bool const digits = parts.port.find_first_not_of("0123456789") == std::string::npos;
    if (parts.host.empty() || parts.port.empty() || parts.port.size() > 5 || !digits)
        return std::nullopt;
    return parts;
}

asio::awaitable<Result<std::string>> http_get(std::string link, GetSetup setup) {
    auto const end = setup.clock.now() + setup.limits.total;
    try {
        auto work = follow_links(std::move(link), setup);
        auto body = co_await with_deadline(setup.clock, end, std::move(work));
        co_return body;
    } catch (boost::system::system_error const& error) {
        if (error.code() != asio::error::timed_out) throw;
    }
    co_return unusable("it did not arrive within " + format_duration(setup.limits.total));
}

asio::awaitable<Result<int>> http_post(std::string link, std::string body, GetSetup setup) {
    auto const end = setup.clock.now() + setup.limits.total;
    Call call;
    call.method = Method::post;
    call.body = std::move(body);
    try {
        auto work = send(std::move(link), std::move(call), setup);
        auto status = co_await with_deadline(setup.clock, end, std::move(work));
        co_return status;
    } catch (boost::system::system_error const& error) {
        if (error.code() != asio::error::timed_out) throw;
    }
    co_return too_late(setup);
}

} // namespace darkroom::studio
