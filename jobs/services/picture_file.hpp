// Pictures that are sent with a request, out of files.
#pragma once

#include <string>

namespace darkroom::jobs {

/// Returns the bytes of a picture in `folder`. On failure it returns none, and `problem` continues
/// "the mask 'NAME' ".
std::string read_picture_file(std::string const& folder, std::string const& name,
                              std::string& problem);

} // namespace darkroom::jobs
