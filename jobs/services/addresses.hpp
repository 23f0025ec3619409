// Addresses and file names of images in a job file and in a request.
#pragma once

#include "jobs/language/variables.hpp"
#include "jobs/services/service_model.hpp"
#include "runner/base/json.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace darkroom::jobs {

/// Returns the reason why the service cannot fetch an image from `url`, or "".
std::string wrong_address(std::string const& url);

/// Returns true for the name of a picture file. Any other `mask` is an address or base64, which has
/// no dot in it.
bool is_mask_file(std::string_view text);
/// Returns the fault of what stands for a mask and is not the name of a file, or "".
std::string wrong_mask(std::string const& text);

/// Returns the fault of an address with words of its own and an empty variable, or "": a picture
/// would then be made without the image that was meant.
std::string gap_in_address(std::string_view text, Variables const& variables);

/// Returns true if a variable is all of the text, as in "{{name|2}}".
bool is_one_variable(std::string_view text);

/// Returns true if `{{` is in the text.
bool has_variables(std::string_view text);

/// Returns the text of that key if there are variables in it.
std::optional<std::string> address_to_fill(json::Value const& fields, std::string_view key);

} // namespace darkroom::jobs
