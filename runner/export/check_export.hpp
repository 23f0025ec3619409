// An export compared with its own sums.
#pragma once

#include "runner/base/error.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace darkroom::exports {

/// Counts what a check has found.
struct CheckTally {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::uint64_t missing = 0;
    std::uint64_t changed = 0;
    std::uint64_t unlisted = 0; ///< Files that the sums do not have, hidden ones left out.
    bool is_good() const { return missing + changed + unlisted == 0; }
};

/// Reads every file that the text of a SHA256SUMS lists, below `directory` and not through links
/// there, and passes a line about each wrong one to `print`. Errors: bad_sums for a text that is
/// none, of the disk.
Result<CheckTally> check_export(std::string const& directory, std::string const& sums,
                                std::function<void(std::string const&)> const& print);

} // namespace darkroom::exports
