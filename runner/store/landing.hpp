// The last step of a download: durable bytes get their final name. Blocks; runs on the pool.
#pragma once

#include "runner/store/image_body.hpp"

#include <memory>
#include <string>

namespace darkroom::store {

/// Everything the pool's thread needs, owned.
struct Landing {
    std::shared_ptr<ImageBody> body;
    Received received;
    std::string target;  ///< The full path.
    bool is_own = false; ///< The name is recorded for this very image: replace what is there.
};

/// Syncs the bytes, renames them to `target` and syncs the directory. False: something else has
/// that name. A file with these very bytes that nobody has recorded is what a crash between rename
/// and record leaves; it is taken over. Errors: of the disk.
Result<bool> land(Landing const& landing);

} // namespace darkroom::store
