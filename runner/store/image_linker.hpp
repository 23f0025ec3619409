// Image files of several run directories in one: linked where the file system allows it, else
// copied.
#pragma once

#include "runner/store/directory.hpp"
#include "runner/store/folded_names.hpp"

#include <cstdint>
#include <set>
#include <string>

namespace darkroom::store {

/// Describes a file as its journal does. The file is used only if it has these bytes.
struct ExpectedFile {
    std::string file; ///< Relative to its directory.
    std::uint64_t bytes = 0;
    std::string sha256;
};

/// Puts files below `target`. Image files are never written to again, so two names for the same
/// bytes are as good as two files.
class ImageLinker {
public:
    explicit ImageLinker(std::string target) : target_(std::move(target)), names_(target_) {}

    /// Links a file of `directory` below the target and returns its name there: the same, or with
    /// "-2", "-3", … when that is taken, also in other case. A file that is missing, behind a link
    /// or has other bytes gets a name as well, and is counted as missing. Errors: of the disk;
    /// damaged_journal for a name that leads out of the directory.
    Result<std::string> link(std::string const& directory, ExpectedFile const& expected);
    /// Makes all of them durable; call it once, at the end.
    Result<> sync();

    std::uint64_t linked() const { return linked_; }
    std::uint64_t copied() const { return copied_; }
    std::uint64_t missing() const { return missing_; }

private:
    enum class Outcome { done, taken, missing };
    Result<File> sound_file(std::string const& directory, ExpectedFile const& expected);
    Result<Outcome> put(File const& from, std::string const& to);
    Result<> prepare_directory(std::string const& path);

    std::string target_;
    FoldedNames names_;                 // below target_
    std::string source_way_;            // of source_
    Directory source_;                  // the one that the last file was in
    std::set<std::string> directories_; // made or used, to be synced
    std::set<std::string> reserved_;    // names of missing files
    std::uint64_t linked_ = 0;
    std::uint64_t copied_ = 0;
    std::uint64_t missing_ = 0;
};

} // namespace darkroom::store
