#include "runner/http/host_guard.hpp"

#include "runner/base/text.hpp"
#include "runner/base/web_address.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace darkroom::http {

namespace asio = boost::asio;

namespace {

/// Returns the host of "host:port" or "[::1]:port" in lower case, without brackets and without the
/// dot that ends a full name.
std::string host_of(std::string_view text) {
    text = trim(text);
    if (text.starts_with('[')) {
        auto const end = text.find(']');
        return to_lower(text.substr(1, end == text.npos ? end : end - 1));
    }
    auto host = to_lower(text.substr(0, text.find(':')));
    if (host.ends_with('.')) host.pop_back();
    return host;
}

std::optional<asio::ip::address> address_of(std::string const& host) {
    error_code not_an_address;
    auto const address = asio::ip::make_address(host, not_an_address);
    return not_an_address ? std::nullopt : std::optional(address);
}

} // namespace

bool HostRule::fits(std::string_view text) const {
    if (text.empty()) return true;
    auto const host = host_of(text);
    if (is_loopback_host(host)) return true;
    auto const asked = address_of(host);
    auto const own = address_of(address);
    if (asked && own && (own->is_unspecified() || *asked == *own)) return true;
    return std::any_of(names.begin(), names.end(), [&](std::string const& name) {
        auto const known = address_of(name);
        return known ? asked == known : !host.empty() && host == host_of(name);
    });
}

asio::awaitable<void> HostGuard::handle(Exchange& exchange) {
    auto const host = std::string(exchange.request().header("host"));
    if (rule_.fits(host)) {
        co_await inner_.handle(exchange);
        co_return;
    }
    auto reply = inner_.refusal(421, fmt::format("this server does not answer for the host '{}'{}",
                                                 host.substr(0, 100), rule_.advice));
    co_await exchange.answer(std::move(reply));
}

} // namespace darkroom::http
