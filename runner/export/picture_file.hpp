// The picture of a run directory on its way into an export.
#pragma once

#include "runner/export/output_file.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace darkroom::exports {

/// A copy that has no name yet.
struct PictureCopy {
    OutputFile file;
    Digest digest{}; ///< The bytes that were written have it.
};

/// The picture of a run directory.
struct PictureFile {
    int descriptor = -1; ///< -1 where it is not needed any more: it is copied, or in memory.
    std::uint64_t bytes = 0;
    std::string sha256;                          ///< As the manifest has it.
    bool is_compared = false;                    ///< It was read, and is as the manifest says.
    std::shared_ptr<PictureCopy> copy = nullptr; ///< Made ahead, or none.
};

} // namespace darkroom::exports
