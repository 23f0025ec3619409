// Compares manifest.jsonl and unwanted.jsonl with the journal.
#pragma once

#include "runner/store/journal_reader.hpp"
#include "runner/store/run_folder.hpp"

#include <cstdint>
#include <string>

namespace darkroom::store {

/// The part of a manifest that agrees with the journal.
struct Agreement {
    bool whole_lines = true;    ///< Every whole line is that of an image, and each has one.
    std::uint64_t arranged = 0; ///< The size of the lines in a plan's order.
    std::uint64_t bytes = 0;    ///< The size of all whole lines.
    std::int64_t last_seq = 0;  ///< The fact of the last line's image; 0: it is arranged, or none.
    std::string last_line;      ///< The line of that image.
};

/// Walks through both files beside the journal. `arranged`: see arranged_seq(). Errors: of the
/// disk, of the journal.
Result<Agreement> compare_manifest(RunFolder const& folder, File const& manifest,
                                   JournalReader& journal, std::int64_t arranged);

/// Returns true when a line is what the journal says, as far as version 0.1 wrote it where it is
/// one of its lines.
bool is_same_line(std::string_view line, std::string_view expected);

} // namespace darkroom::store
