// The text of a line of manifest.jsonl and of failed.jsonl. Pure.
#pragma once

#include "runner/engine/manifest_row.hpp"

#include <string>
#include <string_view>

namespace darkroom::store {

/// Returns the line of an image, without the newline. `saved` is an ImageSaved event, `state` the
/// step after it.
std::string manifest_line(engine::Event const& saved, engine::StepState const& state);
/// Returns the line of a step that was given up, without the newline.
std::string failed_line(engine::FailedRow row);

/// Returns the step's key in a line of the manifest, read from its fixed position; "" when the line
/// does not begin and end like one of manifest_line().
std::string_view key_of_line(std::string_view line);

} // namespace darkroom::store
