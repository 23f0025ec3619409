// Repairs manifest.jsonl and failed.jsonl from the journal.
#pragma once

#include "runner/store/journal_reader.hpp"
#include "runner/store/run_folder.hpp"

#include <cstdint>
#include <functional>
#include <set>
#include <string>

namespace darkroom::store {

/// The repairs that were made to a manifest.
struct Repair {
    std::uint64_t cut = 0;   ///< Bytes of a torn last line, removed.
    std::uint64_t added = 0; ///< Lines that were missing at the end.
    bool rebuilt = false;    ///< It did not agree with the journal and was rewritten.

    bool needed() const { return cut > 0 || added > 0 || rebuilt; }
    /// Returns "cut 17 bytes of a torn line, added 1 line"; "" when nothing was needed.
    std::string text() const;
};

/// Receives each line that is added or rewritten.
using ImageLines = std::function<Result<>(ImageRecord const&, std::string const& line)>;

/// Repairs manifest.jsonl: then it has exactly one line for each image of the journal, in its
/// order. Compares each line's key, and the last line in full. Errors: of the disk, of the journal.
Result<Repair> repair_manifest(RunFolder const& folder, JournalReader& journal,
                               ImageLines const& on_line);

/// Rewrites manifest.jsonl, atomically.
Result<> rebuild_manifest(RunFolder const& folder, JournalReader& journal,
                          ImageLines const& on_line);

/// Rewrites failed.jsonl, atomically, with the steps that are given up now, and returns them.
/// `wanted`, if any: only these are listed.
Result<std::set<Digest>> rebuild_failed(RunFolder const& folder, JournalReader& journal,
                                        std::set<Digest> const* wanted = nullptr);

} // namespace darkroom::store
