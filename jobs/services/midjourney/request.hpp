// One request to the service, as the job file asks for it, and what makes two requests the same.
#pragma once

#include "jobs/services/midjourney/endpoint.hpp"
#include "runner/base/json.hpp"
#include "runner/base/sha256.hpp"

#include <optional>
#include <string>

namespace darkroom::jobs {

/// The body of a paid request. `image_id` is not in it (only the parent's answer knows it), nor is
/// anything the delivery adds (`async`, `callback_url`).
/// Source: the service's endpoints; field names are their own.
struct Request {
    std::string endpoint = std::string(imagine_path);
    json::Value body; ///< An object.

    std::string action() const; ///< The endpoint's own; else the body's, or "generate".
    std::string prompt() const; ///< As sent; "" for a follow-up without one.
    std::string mode() const;   ///< "fast" when the body names none; "" where there are no modes.
};

/// The text by which two requests are the same: keys sorted, ids as strings; members that say no
/// more than the service's default, that are empty, or that only concern delivery are left out.
/// Used both for step keys and to find a request again among the service's tasks.
std::string canonical_body(json::Value const& body);

/// A step's identity: its canonical request, its parent's key and its repeat number, nothing else.
Digest step_key(Request const& request, std::optional<Digest> const& parent, int repeat);

} // namespace darkroom::jobs
