// The last step of a download: durable bytes get their final name. Blocks; runs on the pool.
#pragma once

#include "runner/store/image_body.hpp"

#include <memory>
#include <string>
#include <vector>

namespace darkroom::store {

/// Everything the pool's thread needs, owned.
struct Landing {
    std::shared_ptr<ImageBody> body;
    Received received;
    std::string target;  ///< The full path.
    bool is_own = false; ///< The name is recorded for this very image: replace what is there.
};

/// Syncs the bytes of each, renames them to their targets and syncs the directories. The results
/// are in the order of the landings. False: something else has that name. A file with these very
/// bytes that nobody has recorded is what a crash between rename and record leaves; it is taken
/// over. Errors: of the disk.
std::vector<Result<bool>> land_all(std::vector<Landing> const& landings);

} // namespace darkroom::store
