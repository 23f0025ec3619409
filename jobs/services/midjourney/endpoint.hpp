// The endpoints of the service: where a request goes, and how its answer is to be read.
#pragma once

#include <string_view>

namespace darkroom::jobs {

/// One row an endpoint. Source: the service's published endpoints, and `type` in its task records.
struct Endpoint {
    std::string_view path;
    std::string_view action; ///< What its requests are called here; "": as their own `action` says.
    std::string_view type;   ///< Of its tasks in the service's records.
    std::string_view image;  ///< The member that names the image a follow-up works on; "": none.
    std::string_view prompt; ///< The member that carries the prompt; "": it takes none.
    std::string_view text;   ///< The member of the answer that is the result; "": it draws.

    /// A drawing comes by any delivery; a text is always the one plain answer to its request.
    bool draws() const { return text.empty(); }
};

inline constexpr std::string_view imagine_path = "/midjourney/imagine";

/// The endpoint at `path`; imagine when there is none.
Endpoint const& endpoint_at(std::string_view path);
/// Where `action` is sent to: imagine, unless it is an endpoint of its own.
Endpoint const& endpoint_of(std::string_view action);
/// By a task record's `type`; null for one that is not known.
Endpoint const* endpoint_of_type(std::string_view type);

} // namespace darkroom::jobs
