// The files next to a picture: a caption for tools that learn from pictures, and its line of the
// manifest.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/store/manifest_columns.hpp"
#include "runner/store/run_folder.hpp"

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::store {

/// The files that are written next to each picture.
struct Sidecars {
    jobs::Captions captions = jobs::Captions::none; ///< NAME.txt
    bool lines = false;                             ///< NAME.json with the manifest line.

    bool any() const { return captions != jobs::Captions::none || lines; }
    /// Returns a name for this wish, as it is stored: never changed.
    std::string name() const;
};

/// One such file. It is written where nothing is, and over what an earlier run may have written:
/// one of `earlier`, or a line of the same step.
struct Sidecar {
    std::string file; ///< Relative to the run directory.
    std::string text;
    std::vector<std::string> earlier;
    std::string line_of; ///< The step of the line; "" for a caption.
};

/// Returns the files that belong to the picture of a line. A text has no caption, and neither has a
/// picture whose prompt is empty or not known.
std::vector<Sidecar> sidecars_of(LineColumns const& line, Sidecars const& wanted);

/// Returns whether the file is there and a run has written it: not for an empty one, which may be
/// anybody's.
bool is_written_sidecar(std::string const& directory, Sidecar const& sidecar);

/// Says whether the file is as it should be now. `not_ours`: something else has its name.
enum class SidecarOutcome { is_there, not_ours };
/// Says when the file is on the disk for certain: at once, or after a sync of the whole disk.
enum class Durable { at_once, later };

/// Writes the file, unless it is there. `part`: where it is written first. Errors: of the disk.
Result<SidecarOutcome> write_sidecar(RunFolder const& folder, Sidecar const& sidecar,
                                     std::string const& part, Durable durable);

/// Writes the missing files of all lines in the first `bytes` bytes of manifest.jsonl, and returns
/// how many names are other files'. Ends early when `stop` is set. Errors: of the disk.
Result<std::uint64_t> write_all_sidecars(RunFolder const& folder, std::uint64_t bytes,
                                         Sidecars const& wanted, std::atomic<bool> const& stop);

} // namespace darkroom::store
