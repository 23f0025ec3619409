#include "runner/studio/http/client.hpp"

#include "runner/base/deadline.hpp"
#include "runner/base/text.hpp"
#include "runner/base/web_address.hpp"
#include "runner/studio/http/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace darkroom::studio {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr auto as_pair = asio::as_tuple(asio::use_awaitable);
using Parser = http::response_parser<http::string_body>;

/// A response, as far as it matters: the image, or where it is.
struct Fetched {
    int status = 0;
    std::string location;
    std::string body;
};

/// What is asked.
struct Call {
    http::verb method = http::verb::get;
    std::string body;
};

Error unusable(std::string why) { return {Errc::input_image, std::move(why)}; }

http::request<http::string_body> request_of(LinkParts const& parts, Call call) {
    http::request<http::string_body> request(call.method, parts.target, 11);
    bool const usual_port = parts.port == (parts.secure ? "443" : "80");
    bool const v6 = parts.host.find(':') != std::string::npos;
    std::string const host = v6 ? "[" + parts.host + "]" : parts.host;
    request.set(http::field::host, usual_port ? host : host + ":" + parts.port);
    request.set(http::field::user_agent, "darkroom-studio");
    request.set(http::field::connection, "close");
    if (call.method == http::verb::get) {
        request.set(http::field::accept, "image/*");
    } else {
        request.set(http::field::content_type, "application/json");
        request.body() = std::move(call.body);
        request.prepare_payload();
    }
    return request;
}

template <class Stream>
asio::awaitable<Result<Fetched>> exchange(Stream& stream, LinkParts parts, Call call,
                                          std::size_t bytes_max) {
    bool const whole = call.method == http::verb::get; // of a POST's answer only the status counts
    auto request = request_of(parts, std::move(call));
    auto [write_error, written] = co_await http::async_write(stream, request, as_pair);
    (void)written;
    if (write_error) co_return unusable(write_error.message());
    beast::flat_buffer buffer;
    Parser parser;
    parser.body_limit(bytes_max);
    auto [head_error, head] = co_await http::async_read_header(stream, buffer, parser, as_pair);
    (void)head;
    if (head_error) co_return unusable(head_error.message());
    if (whole) {
        auto [read_error, got] = co_await http::async_read(stream, buffer, parser, as_pair);
        (void)got;
        if (read_error) co_return unusable(read_error.message());
    }
    auto message = parser.release();
    Fetched fetched;
    fetched.status = static_cast<int>(message.result_int());
    auto const location = message[http::field::location];
    fetched.location.assign(location.data(), location.size());
    fetched.body = std::move(message.body());
    co_return fetched;
}

asio::awaitable<Result<Fetched>> secure_exchange(beast::tcp_stream plain, LinkParts parts,
                                                 Call call, GetSetup setup) {
    beast::ssl_stream<beast::tcp_stream> stream(std::move(plain), setup.tls);
    SSL_set_tlsext_host_name(stream.native_handle(), parts.host.c_str());
    stream.set_verify_mode(asio::ssl::verify_peer);
    stream.set_verify_callback(asio::ssl::host_name_verification(parts.host));
    auto [ec] = co_await stream.async_handshake(asio::ssl::stream_base::client, as_pair);
    if (ec) co_return unusable("TLS: " + ec.message());
    auto fetched = co_await exchange(stream, std::move(parts), std::move(call), setup.limits.bytes);
    co_return fetched;
}

asio::awaitable<Result<Fetched>> fetch(LinkParts parts, Call call, GetSetup setup) {
    auto const executor = co_await asio::this_coro::executor;
    tcp::resolver resolver(executor);
    auto [resolve_error, found] = co_await resolver.async_resolve(parts.host, parts.port, as_pair);
    if (resolve_error) co_return unusable("looking up its host: " + resolve_error.message());
    beast::tcp_stream stream(executor);
    auto [connect_error, endpoint] = co_await stream.async_connect(found, as_pair);
    (void)endpoint;
    if (connect_error) co_return unusable("connecting: " + connect_error.message());
    if (parts.secure) {
        auto fetched =
            co_await secure_exchange(std::move(stream), std::move(parts), std::move(call), setup);
        co_return fetched;
    }
    auto fetched = co_await exchange(stream, std::move(parts), std::move(call), setup.limits.bytes);
    co_return fetched;
}

/// Where a redirect leads, seen from the link that gave it.
std::string resolve_location(LinkParts const& from, std::string location) {
    if (!location.starts_with('/') || location.starts_with("//")) return location;
    bool const v6 = from.host.find(':') != std::string::npos;
    return fmt::format("{}://{}:{}{}", from.secure ? "https" : "http",
                       v6 ? "[" + from.host + "]" : from.host, from.port, location);
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
    call.method = http::verb::post;
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
