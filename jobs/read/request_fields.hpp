// The members of a request that a job or a branch may set by name.
#pragma once

#include "jobs/yaml/values.hpp"
#include "runner/base/json.hpp"

#include <array>
#include <string_view>

namespace darkroom::jobs {

/// Source: the service's imagine endpoint. `prompt`, `action` and `image_id` have rules of their
/// own and are read where they belong.
constexpr std::array<std::string_view, 9> request_fields{
    "mode", "translation", "split_images",    "mask",     "version",
    "hd",   "quality",     "style_reference", "moodboard"};

/// Source: the service's videos endpoint; beside `mode`, `prompt` and the image it begins with.
constexpr std::array<std::string_view, 3> video_fields{"resolution", "loop", "end_image_url"};

/// What the service takes as well, but what the delivery decides and not the job.
constexpr std::array<std::string_view, 3> delivery_fields{"async", "callback_url", "timeout"};

/// Sets each of request_fields and video_fields that stands in `map` to the value to send; one that
/// can't be sent is an error.
void read_request_fields(Node const& map, json::Value& fields, Findings& findings);
/// "'async' is decided by 'service.delivery'", at the key of each that stands in `map`.
void refuse_delivery_fields(Node const& map, Findings& findings);

} // namespace darkroom::jobs
