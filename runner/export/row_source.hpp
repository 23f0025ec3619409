// The port through which an export reads a run directory.
#pragma once

#include "runner/base/error.hpp"
#include "runner/engine/manifest_row.hpp"
#include "runner/export/descriptor.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace darkroom::exports {

/// A line of a manifest.
struct ListedRow {
    engine::ManifestRow row;
    std::string line; ///< The same as JSON, with all columns.
    std::optional<bool> picked;
    std::uint64_t offset = 0; ///< Where the line begins in its file.
    std::uint32_t length = 0; ///< Without its end.
};

/// A picture that is open, and its size at that time.
struct SourceFile {
    Descriptor descriptor;
    std::uint64_t bytes = 0;
};

/// The lines and the pictures of one run directory, as they were when it was opened: what a run
/// adds meanwhile is left out. All but for_each() may be called on several threads at once.
class RowSource {
public:
    using Take = std::function<Result<>(ListedRow const&)>;

    virtual ~RowSource() = default;
    /// Returns the directory as the user named it.
    virtual std::string const& directory() const = 0;
    /// Passes each line to `take`, in order; its error ends the walk. Its row has the key, the
    /// place in the job (job, item, repeat, path), kind, tile, variables, root_prompt, action,
    /// actions, the ids of the image and its parent, and the file (file, format, bytes, sha256): a
    /// choice goes by no more. Errors: of the disk, a line that is none.
    virtual Result<> for_each(Take const& take) = 0;
    /// Reads one line again, with its whole row, in place of `listed`, whose memory is used again.
    virtual Result<> read(std::uint64_t offset, std::uint32_t length, ListedRow& listed) = 0;
    /// Returns the text of picks.json; "" without one.
    virtual Result<std::string> picks() = 0;
    /// Opens a picture by its name in a row, without following links below the directory.
    virtual Result<SourceFile> open(std::string const& file) = 0;
    /// Returns whether a clean-up has removed the picture of a row.
    virtual bool is_removed(engine::ManifestRow const& row) {
        (void)row;
        return false;
    }
};

} // namespace darkroom::exports
