// Runs another program for what it prints.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/error.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace darkroom::cli {

/// The standard output of `words` (argv, no shell). Its standard input is empty, its standard error
/// is ours. Blocks, at most for `patience`; then the program is killed. Errors: it cannot be
/// started, fails, takes too long, prints more than `bytes_max`; the detail names the program and
/// never what it printed.
Result<std::string> output_of_command(std::vector<std::string> const& words, Duration patience,
                                      std::size_t bytes_max);

} // namespace darkroom::cli
