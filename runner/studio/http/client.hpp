// One request to a foreign host, over HTTP or HTTPS: a GET for an input image, or a callback.
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

/// The parts of a link. The host has no brackets.
struct LinkParts {
    bool secure = false;
    std::string host;
    std::string port;
    std::string target; ///< From the first slash on, without the fragment.
};
/// Splits a link. Returns nothing when it is not an http(s) link with a host, or has a user name.
std::optional<LinkParts> read_link(std::string_view link);

struct GetLimits {
    Duration total = std::chrono::seconds(10); ///< Measured by the Clock; redirects included.
    std::size_t bytes = 25u << 20;
    int redirects = 5;
};

/// The environment of a request; all of it outlives the call.
struct GetSetup {
    Clock& clock;
    boost::asio::ssl::context& tls; ///< Verifies peers; host names are checked here.
    GetLimits limits;
};

/// Completes: with the body of a 200 answer. Errors: Errc::input_image; the detail names the cause,
/// not the link. Cancel: terminal.
boost::asio::awaitable<Result<std::string>> http_get(std::string link, GetSetup setup);

/// Sends JSON by POST; redirects are not followed.
/// Completes: with the status of the answer. Errors: as http_get(). Cancel: terminal.
boost::asio::awaitable<Result<int>> http_post(std::string link, std::string body, GetSetup setup);

/// Replaces http_post() in a test that has its own network; works within these limits.
using PostPort = std::function<boost::asio::awaitable<Result<int>>(
    std::string link, std::string body, GetLimits limits)>;

} // namespace darkroom::studio
