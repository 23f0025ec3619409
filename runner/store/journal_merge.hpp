// Merges the journals of run directories that worked separately into one.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace darkroom::store {

/// The counts of a merge.
struct MergeTally {
    std::uint64_t steps = 0;         ///< In the new journal.
    std::uint64_t doubles = 0;       ///< Left out, since another journal is further with that step.
    std::uint64_t paid_again = 0;    ///< The doubles that were paid as well.
    jobs::Micros cost_again = 0;     ///< Their cost.
    std::uint64_t unknown_again = 0; ///< The doubles that were sent and have an unknown outcome.
};

/// Links an image's file into the new directory and returns its name there, relative to it.
/// `source` is an index into the journals.
using LinkImage = std::function<Result<std::string>(std::size_t source, std::string const& file)>;

/// Creates the journal `target` from `sources`, which nobody changes meanwhile: all facts of the
/// first, then those of the next. For a step that several have, the journal is chosen in which it
/// is furthest, then the earlier one. Durable when it returns; unusable after an error. Memory does
/// not grow with the journals. Errors: foreign_journal, newer_journal, damaged_journal, SQLite's,
/// and those of `link`.
Result<MergeTally> merge_journals(std::vector<std::string> const& sources,
                                  std::string const& target, LinkImage const& link);

} // namespace darkroom::store
