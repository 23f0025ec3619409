// The members of a request that a job or a branch may set by name.
#pragma once

#include "jobs/values.hpp"

#include <array>
#include <optional>
#include <string_view>

namespace darkroom::jobs {

/// Source: the service's imagine endpoint. `prompt`, `action` and `image_id` have rules of their
/// own and are read where they belong.
constexpr std::array<std::string_view, 9> request_fields{
    "mode", "translation", "split_images",    "mask",     "version",
    "hd",   "quality",     "style_reference", "moodboard"};

/// What the service takes as well, but what the delivery decides and not the job.
constexpr std::array<std::string_view, 3> delivery_fields{"async", "callback_url", "timeout"};

/// The value to send for one of request_fields; nothing, and an error, when it can't be.
std::optional<json::Value> read_request_field(Member const& member, Findings& findings);
/// "'async' is decided by 'service.delivery'", at the key of each that stands in `map`.
void refuse_delivery_fields(Node const& map, Findings& findings);

} // namespace darkroom::jobs
