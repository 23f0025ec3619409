// `darkroom verify --signature`: an export, by its signature and its sums.
#pragma once

#include "runner/cli/exit_code.hpp"

#include <string>
#include <vector>

namespace darkroom::cli {

struct ExportCheck {
    std::vector<std::string> directories;
    std::string key; ///< The file of the public key.
    bool json = false;
};

/// Throws Quit: no_input, bad_file for a key that is none.
ExitCode verify_exports(ExportCheck const& check);

} // namespace darkroom::cli
