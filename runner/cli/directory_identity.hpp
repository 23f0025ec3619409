// The name of a run directory, by which ledgers know it.
#pragma once

#include <string>

namespace darkroom::cli {

/// Names the run directory of a journal: a copy of it is another one, but not after it was moved.
/// Throws Quit: disk.
std::string identity_of_directory(std::string const& journal);

} // namespace darkroom::cli
