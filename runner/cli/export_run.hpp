// The work of `darkroom export`.
#pragma once

#include "runner/cli/exit_code.hpp"
#include "runner/export/options.hpp"

#include <string>
#include <vector>

namespace darkroom::cli {

struct ExportRequest {
    std::vector<std::string> directories;
    std::string output; ///< "" or "-": standard output.
    std::string ledger; ///< The URL of one that may know of more; "": none is asked.
    std::string key;    ///< The file of a private key that signs the sums; "" for none.
    exports::Options options;
    bool dry_run = false;
    bool json = false;
};

/// Throws Quit.
ExitCode run_export(ExportRequest const& request);

} // namespace darkroom::cli
