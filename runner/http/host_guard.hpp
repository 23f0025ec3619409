// Refuses requests that a browser was led to send here: a page's own name may be made to point to
// this machine (DNS rebinding), but its Host header gives it away.
#pragma once

#include "runner/http/exchange.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::http {

/// The hosts that a server answers for.
struct HostRule {
    std::string address;            ///< It listens there: an IP address without brackets.
    std::vector<std::string> names; ///< Its further names and addresses.
    std::string advice = {};        ///< A sentence for whoever used another name.

    /// Returns true for the value of a Host header, with or without a port, that names this server:
    /// `localhost`, a loopback address, the listen address, or one of the names. If it listens on
    /// every address, any address is its own. A missing header (HTTP/1.0) comes from no browser.
    bool fits(std::string_view host) const;
};

/// Passes requests on whose host fits, and answers others with 421.
class HostGuard final : public Handler {
public:
    /// `inner` outlives this object.
    HostGuard(Handler& inner, HostRule rule) : inner_(inner), rule_(std::move(rule)) {}

    boost::asio::awaitable<void> handle(Exchange& exchange) override;
    Reply refusal(int status, std::string why) override {
        return inner_.refusal(status, std::move(why));
    }

private:
    Handler& inner_;
    HostRule rule_;
};

} // namespace darkroom::http
