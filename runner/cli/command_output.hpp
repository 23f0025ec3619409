// Runs another program and returns what it prints.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/error.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace darkroom::cli {

/// Runs `words` (argv, no shell) and returns its standard output. Its standard input is empty; it
/// shares our standard error; where that holds JSON lines only, its lines become notes. Blocks for
/// at most `patience`, then kills the program. Errors: it cannot be started, fails, takes too long,
/// prints more than `bytes_max`; the detail names the program and never its output.
Result<std::string> output_of_command(std::vector<std::string> const& words, Duration patience,
                                      std::size_t bytes_max);

} // namespace darkroom::cli
