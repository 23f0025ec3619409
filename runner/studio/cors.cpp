#include "runner/studio/cors.hpp"

#include <algorithm>

namespace darkroom::studio {

namespace {

/// The headers that the vendor's web client sends, for a preflight that names none.
constexpr std::string_view usual_headers = "authorization, content-type, accept, x-record-exempt";

bool is_list_of_names(std::string_view text) {
    constexpr std::size_t most = 1000;
    return text.size() <= most && std::all_of(text.begin(), text.end(), [](char c) {
               bool const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
               return letter || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == ',' ||
                      c == ' ';
           });
}

} // namespace

void allow_any_origin(http::Headers& headers) {
    headers.push_back({"access-control-allow-origin", "*"});
    headers.push_back({"access-control-expose-headers",
                       "x-trace-id, retry-after, date, etag, content-range, content-length"});
}

http::Reply preflight_reply(http::Request const& request) {
    auto const asked = request.header("access-control-request-headers");
    bool const usable = !asked.empty() && is_list_of_names(asked);
    http::Reply reply;
    reply.headers.push_back({"access-control-allow-methods", "GET, HEAD, POST, OPTIONS"});
    // `*` would not stand for `authorization`.
    reply.headers.push_back(
        {"access-control-allow-headers", std::string(usable ? asked : usual_headers)});
    reply.headers.push_back({"access-control-max-age", "600"});
    if (request.header("access-control-request-private-network") == "true")
        reply.headers.push_back({"access-control-allow-private-network", "true"});
    return reply;
}

} // namespace darkroom::studio
