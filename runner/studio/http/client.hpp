// One request to a stranger's host, over HTTP or HTTPS: a GET for an input image, a callback.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/error.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace boost::asio::ssl {
class context;
}

namespace darkroom::studio {

/// A link taken apart. The host has no brackets.
struct LinkParts {
    bool secure = false;
    std::string host;
    std::string port;
    std::string target; ///< From the first slash on, without the fragment.
};
/// Nothing when it is not an http(s) link with a host, or carries a user name.
std::optional<LinkParts> read_link(std::string_view link);

struct GetLimits {
    Duration total = std::chrono::seconds(10); ///< By the Clock; redirects included.
    std::size_t bytes = 25u << 20;
    int redirects = 5;
};

/// What a request needs besides the link; all outlives the call.
struct GetSetup {
    Clock& clock;
    boost::asio::ssl::context& tls; ///< Verifies peers; host names are checked here.
    GetLimits limits;
};

/// Completes: with the body of a 200 answer. Errors: Errc::input_image; the detail names what went
/// wrong, not the link. Cancel: terminal.
boost::asio::awaitable<Result<std::string>> http_get(std::string link, GetSetup setup);

/// Sends JSON by POST; redirects are not followed.
/// Completes: with the status of the answer. Errors: as http_get(). Cancel: terminal.
boost::asio::awaitable<Result<int>> http_post(std::string link, std::string body, GetSetup setup);

/// In place of http_post(): a test's own network, within these limits.
using PostPort = std::function<boost::asio::awaitable<Result<int>>(
    std::string link, std::string body, GetLimits limits)>;

} // namespace darkroom::studio
