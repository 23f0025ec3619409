// The images whose files `darkroom clean` has removed. A run does not load them again.
#pragma once

#include "runner/store/journal_row.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace darkroom::store {

/// Takes 36 bytes an image.
class RemovedImages {
public:
    RemovedImages() = default; ///< None.
    explicit RemovedImages(std::vector<ImageKey> images);

    bool has(ImageKey const& image) const;
    bool is_empty() const { return images_.empty(); }
    std::uint64_t count() const { return images_.size(); }

private:
    std::vector<ImageKey> images_; // ascending
};

/// Reads what a journal has recorded: nothing, if its directory was never cleaned. Errors: as
/// JournalReader::open().
Result<RemovedImages> removed_images(std::string const& journal);
/// Does the same over an open connection.
Result<RemovedImages> removed_images(Database& database);

/// Records images as removed. It is durable when this returns, and the files may only go then. The
/// caller holds the run directory's lock. Errors: SQLite's; newer_journal.
Result<> record_removed(std::string const& journal, std::span<ImageKey const> images, WallTime at);
/// Forgets all of them, so that the next run loads them again; returns how many there were. Lock
/// and errors are the same.
Result<std::uint64_t> forget_removed(std::string const& journal);

/// Records in a merged journal what its sources have as removed, of the images whose files are not
/// in `directory`. Returns how many these are.
Result<std::uint64_t> merge_removed(std::vector<std::string> const& sources,
                                    std::string const& target, std::string const& directory,
                                    WallTime at);

} // namespace darkroom::store
