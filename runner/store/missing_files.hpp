// The saved files of a run directory that are not in their place any more.
#pragma once

#include "runner/store/journal_reader.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace darkroom::store {

/// Every file of a directory with at most this many paid steps is looked for. In a larger one only
/// those of steps that have something in parts/, where `verify` puts what is damaged.
constexpr std::int64_t paid_steps_looked_at_max = 10'000;

/// Returns how many files of each step are missing or have another size than they were saved with:
/// a run loads them again, but not what `darkroom clean` has removed. None of them is read.
/// `looked_at_max`: paid_steps_looked_at_max, but for tests. Errors: of the journal, of the disk.
Result<std::map<Digest, std::uint64_t>>
missing_files(JournalReader& journal, std::string const& directory,
              std::int64_t looked_at_max = paid_steps_looked_at_max);

} // namespace darkroom::store
