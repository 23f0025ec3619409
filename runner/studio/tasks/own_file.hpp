// The files that the service makes itself.
#pragma once

#include "runner/base/error.hpp"

#include <string>

namespace darkroom::studio {

/// Opens a file that the service made, or makes it; `flags` as for open(2). The name may be no
/// link, and what it names must be a regular file. Returns the descriptor, which the caller closes.
/// Errors: errno, and invalid_argument for what the service did not make.
Result<int> open_own_file(std::string const& path, int flags);

} // namespace darkroom::studio
