// One line of manifest.jsonl and of failed.jsonl. Pure. docs/run-directory.md lists the keys.
#pragma once

#include "runner/engine/event.hpp"

#include <string>
#include <string_view>

namespace darkroom::store {

inline constexpr int manifest_schema = 1;

/// The line of an image, without the newline. `event` is an ImageSaved, `state` the step with it.
/// Every key is there, null where nothing is known.
std::string manifest_line(engine::Event const& event, engine::StepState const& state);

/// A step that was given up: `state` after its last failure, at `at`.
struct GivenUp {
    Digest const& step;
    engine::StepState const& state;
    WallTime at;
};
std::string failed_line(GivenUp const& given_up);

/// The step's key in a line of the manifest, read from its fixed place; "" when it is not a line as
/// manifest_line() writes it.
std::string_view key_of_line(std::string_view line);

} // namespace darkroom::store
