// Files without a size of their own: pipes, /dev/stdin, the <(…) of a shell.
#pragma once

#include "runner/base/error.hpp"

#include <cstdint>
#include <string>

namespace darkroom::store {

/// Reads a file of any kind to its end, and waits for the writer of a pipe. Errors: not readable;
/// too_large beyond `limit` bytes, of which no more are read.
Result<std::string> read_to_end(std::string const& path, std::uint64_t limit);

} // namespace darkroom::store
