// One journal of many: of run directories that were worked in apart and are to go on as one.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace darkroom::store {

/// What became of the steps.
struct MergeTally {
    std::uint64_t steps = 0;         ///< In the new journal.
    std::uint64_t doubles = 0;       ///< Left out, since another journal is further with that step.
    std::uint64_t paid_again = 0;    ///< Of the doubles: paid all the same.
    jobs::Micros cost_again = 0;     ///< What that was.
    std::uint64_t unknown_again = 0; ///< Of the doubles: sent, and the outcome is not known.
};

/// Brings an image's file to the new directory and says what it is called there, relative to it.
/// `source` is an index into the journals.
using BringImage = std::function<Result<std::string>(std::size_t source, std::string const& file)>;

/// Makes the journal `target`, which is not there yet, of `sources`, which nobody changes
/// meanwhile: all facts of the first, then those of the next. Of a step that several have, the
/// journal counts in which it is furthest, then the earlier one. Durable when it returns; of no use
/// after an error. Memory does not grow with the journals. Errors: foreign_journal, newer_journal,
/// damaged_journal, SQLite's, and those of `bring`.
Result<MergeTally> merge_journals(std::vector<std::string> const& sources,
                                  std::string const& target, BringImage const& bring);

} // namespace darkroom::store
