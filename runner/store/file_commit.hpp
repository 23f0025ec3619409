// The last step of a download: durable bytes get their final name. Blocks; runs on the pool.
#pragma once

#include "runner/store/image_body.hpp"

#include <memory>
#include <string>
#include <vector>

namespace darkroom::store {

/// Owns everything that the pool's thread needs.
struct FileCommit {
    std::shared_ptr<ImageBody> body;
    Received received;
    std::string directory; ///< The run directory.
    std::string file;      ///< Relative to it; no link may lie on this way.
    bool is_own = false;   ///< The name is recorded for this image: replace the old file.
};

/// Syncs the bytes of each file, renames it to its target and syncs the directories. The results
/// are in the order of the commits. False: something else has that name. An unrecorded file with
/// equal bytes is left by a crash between rename and record; it is replaced. Errors: of the disk.
std::vector<Result<bool>> commit_all(std::vector<FileCommit> const& commits);

} // namespace darkroom::store
