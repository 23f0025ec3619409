// Pointers into JSON values, as in RFC 6901: "/body/prompt", "/messages/0/content". Pure.
#pragma once

#include "runner/base/json.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

/// A pointer as its steps from the outside in.
using PointerSteps = std::vector<std::string>;

/// Returns nothing for a text that is no pointer: it does not begin with '/', or a '~' in it is not
/// followed by 0 or 1.
std::optional<PointerSteps> read_pointer(std::string_view text);

/// Returns the error in a text that begins like a pointer and is none, or "".
std::string wrong_pointer(std::string_view text);

/// Returns the pointer that is meant by a path of another kind, such as `body.prompt` or
/// `$.messages[0].content`; "" for a plain key.
std::string pointer_meant(std::string_view text);

/// Returns the value that a pointer leads to; null when there is none.
json::Value const* value_at(json::Value const& root, PointerSteps const& steps);

} // namespace darkroom::jobs
