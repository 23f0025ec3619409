// One request to a service, as the job file asks for it, and what makes two requests the same.
#pragma once

#include "jobs/services/service_model.hpp"
#include "runner/base/json.hpp"
#include "runner/base/sha256.hpp"

#include <optional>
#include <string>

namespace darkroom::jobs {

/// The body of a paid request. The image of a follow-up is not in it (only the parent's answer
/// knows it), nor is anything the delivery adds.
struct Request {
    ServiceModel const* service = &default_service(); ///< Never null.
    std::string endpoint = std::string(service->endpoints.front().path);
    json::Value body; ///< An object.

    /// Returns the endpoint's own action; else the one that the body names, or the first of all.
    std::string action() const;
    std::string prompt() const; ///< As sent; "" for a follow-up without one.
    std::string mode() const; ///< The usual one when the body names none; "" where there are none.
    Endpoint const& row() const { return service->endpoint_at(endpoint); }
};

/// Computes a step's identity from its canonical request, its parent's key and its repeat number,
/// and from nothing else.
Digest step_key(Request const& request, std::optional<Digest> const& parent, int repeat);

} // namespace darkroom::jobs
