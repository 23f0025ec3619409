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
    std::uint64_t cut = 0;      ///< Bytes of a torn last line, removed.
    std::uint64_t added = 0;    ///< Lines that were missing at the end.
    bool rebuilt = false;       ///< It did not agree with the journal and was rewritten.
    std::uint64_t arranged = 0; ///< Bytes of its lines that are in the plan's order.

    bool needed() const { return cut > 0 || added > 0 || rebuilt; }
    /// Returns "cut 17 bytes of a torn line, added 1 line"; "" when nothing was needed.
    std::string text() const;
};

/// Receives each line that is added or rewritten.
using ImageLines = std::function<Result<>(ImageRecord const&, std::string const& line)>;

/// Repairs manifest.jsonl: then it and unwanted.jsonl have one line for each image of the journal,
/// besides those of repeats. What was saved since the lines were put in a plan's order follows in
/// the journal's order. Compares each line's key, and the last of these lines in full. Where they
/// do not agree, manifest.jsonl gets all lines, in the journal's order. Errors: of the disk, of the
/// journal.
Result<Repair> repair_manifest(RunFolder const& folder, JournalReader& journal,
                               ImageLines const& on_line);

/// Rewrites manifest.jsonl with all images, atomically, and removes unwanted.jsonl.
Result<> rebuild_manifest(RunFolder const& folder, JournalReader& journal,
                          ImageLines const& on_line);

/// Rewrites the lines that follow the first `arranged` bytes from the journal, atomically, and
/// drops the lines of the images `again` before them, in unwanted.jsonl as well: they were saved
/// once more. Sums the charges of each step. Returns the bytes that are before them now.
Result<std::uint64_t> renew_manifest(RunFolder const& folder, JournalReader& journal,
                                     std::uint64_t arranged, std::set<ImageKey> const& again);

/// Returns the fact up to which the lines were last put in a plan's order; 0 for none.
Result<std::int64_t> arranged_seq(RunFolder const& folder);
/// Stores it. It is written before the lines are moved: they agree with the journal by this number
/// wherever a crash leaves them.
Result<> write_arranged_seq(RunFolder const& folder, std::int64_t seq);

/// Keeps a manifest of version 0.1 under another name before it is replaced. Returns true if it
/// did; a copy that is there already stays.
Result<bool> keep_manifest_of_0_1(RunFolder const& folder);

/// Rewrites failed.jsonl, atomically, with the steps that are given up now, and returns them.
/// `wanted`, if any: only these are listed.
Result<std::set<Digest>> rebuild_failed(RunFolder const& folder, JournalReader& journal,
                                        std::set<Digest> const* wanted = nullptr);

} // namespace darkroom::store
