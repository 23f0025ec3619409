// manifest.jsonl and failed.jsonl, made from the journal again.
#pragma once

#include "runner/store/journal_reader.hpp"
#include "runner/store/run_folder.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace darkroom::store {

/// What was wrong with a manifest, and is right now.
struct Repair {
    std::uint64_t cut = 0;   ///< Bytes of a torn last line, taken off.
    std::uint64_t added = 0; ///< Lines that were missing at the end.
    bool rebuilt = false;    ///< It did not agree with the journal: written anew, whole.

    bool needed() const { return cut > 0 || added > 0 || rebuilt; }
    /// "cut 17 bytes of a torn line, added 1 line"; "" when nothing was needed.
    std::string text() const;
};

/// Hears of each line that is added or rewritten.
using ImageLines = std::function<Result<>(ImageRecord const&, std::string const& line)>;

/// Brings manifest.jsonl to exactly one line per image of the journal, in its order: each line's
/// key is compared, and the last line in full. Errors: of the disk, of the journal.
Result<Repair> repair_manifest(RunFolder const& folder, JournalReader& journal,
                               ImageLines const& on_line);

/// Writes manifest.jsonl anew, atomically.
Result<> rebuild_manifest(RunFolder const& folder, JournalReader& journal,
                          ImageLines const& on_line);

/// Writes failed.jsonl anew, atomically: the steps that are given up now.
Result<> rebuild_failed(RunFolder const& folder, JournalReader& journal);

} // namespace darkroom::store
