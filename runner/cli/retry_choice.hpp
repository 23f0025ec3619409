// The steps of a run directory that `retry` tries again.
#pragma once

#include "runner/cli/job.hpp"
#include "runner/store/journal_reader.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::cli {

/// The failed steps that are tried again.
struct RetryWish {
    std::set<std::string> classes; ///< The failures' classes; empty: all but `rejected`.

    bool takes(std::string_view name) const {
        return classes.empty() ? name != "rejected" : classes.contains(std::string(name));
    }
};

struct RetryChoice {
    std::vector<Digest> failed; ///< They are bought again.
    std::set<Digest> all;       ///< Those, and paid ones whose picture is loaded again.
    std::size_t rejected_left = 0;
};

/// Chooses among the steps that were given up and that the job still wants. A paid one stays paid:
/// its image is loaded in any case. Throws Quit.
RetryChoice choose_retries(Job const& job, std::string const& directory, RetryWish const& wish,
                           store::JournalReader& journal);

} // namespace darkroom::cli
