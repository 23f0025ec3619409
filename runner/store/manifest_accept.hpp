// Takes what the manifest proves as paid into a journal that has lost it.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/store/run_folder.hpp"

#include <cstdint>

namespace darkroom::store {

/// Counts what accept_manifest() has taken.
struct AcceptedLines {
    std::uint64_t steps = 0;   ///< Paid steps that the journal did not have as paid.
    jobs::Micros cost = 0;     ///< Their cost.
    std::uint64_t images = 0;  ///< Images that it did not have, whose files are there.
    std::uint64_t missing = 0; ///< Images whose file is gone or has other bytes.
};

/// Writes the facts of each step that manifest.jsonl or unwanted.jsonl lists and the journal has
/// not finished: sent, finished, and its image saved if the file has the hash of the line. The
/// journal is created where it is empty or gone; nothing else may use it. `service` is that of the
/// job file. Durable when it returns. Errors: of the disk, of the journal.
Result<AcceptedLines> accept_manifest(RunFolder const& folder, jobs::ServiceModel const& service);

} // namespace darkroom::store
