// The lines of manifest.jsonl as the present job file wants them.
#pragma once

#include "runner/store/atomic_file.hpp"
#include "runner/store/plan_of_lines.hpp"
#include "runner/store/run_folder.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace darkroom::store {

/// The lines that are arranged: those that the files have at one moment.
struct PresentLines {
    std::uint64_t bytes = 0;   ///< The size of manifest.jsonl.
    std::int64_t last_seq = 0; ///< The last image among them.
};

/// The new files, complete and durable, under the names of parts. None where a file stays as it is.
struct ArrangedFiles {
    PresentLines of;
    std::optional<AtomicFile> manifest;
    std::optional<AtomicFile> unwanted;
    std::uint64_t bytes = 0;   ///< The size of the new manifest.
    bool has_unwanted = false; ///< There are lines for unwanted.jsonl.
    bool was_stopped = false;  ///< They are not complete: drop them.
};

/// Puts the lines in the plan's order. Each wanted item and image has one, with the job, the item
/// and the variables of the plan; lines that nobody wants go to unwanted.jsonl. Changes no file but
/// for links of repeats. Reads the journal only for what no line says, so that a million lines take
/// seconds; memory: 24 bytes a line, and the items that are read ahead. Errors: of the disk, the
/// journal, the items; damaged_manifest.
Result<ArrangedFiles> arrange_lines(RunFolder const& folder, PresentLines const& present,
                                    PlanOfLines const& plan);

/// Gives the line of each item of the plan that shares a picture and is not listed yet. Errors: as
/// of arrange_lines(), and those of `take`.
Result<> for_each_missing_repeat(RunFolder const& folder, PresentLines const& present,
                                 PlanOfLines const& plan,
                                 std::function<Result<>(std::string const& line)> const& take);

} // namespace darkroom::store
