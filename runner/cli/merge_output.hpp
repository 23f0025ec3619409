// The output of a merge: it appears complete under its name, or not at all.
#pragma once

#include "runner/store/run_folder.hpp"

#include <string>

namespace darkroom::cli {

/// Owns the directory `output`.merging, locked and empty at first. The destructor removes it unless
/// finish() was called.
class MergeOutput {
public:
    /// Removes the rest of an earlier merge. Throws Quit: usage (`output` exists, or something that
    /// no merge made is in the way), locked, disk.
    explicit MergeOutput(std::string output);
    ~MergeOutput();
    MergeOutput(MergeOutput const&) = delete;
    MergeOutput& operator=(MergeOutput const&) = delete;

    store::RunFolder const& folder() const { return folder_; }
    /// Renames the directory to `output`. No file in it may be open any more. Throws Quit(disk).
    void finish();

private:
    std::string output_;
    store::RunFolder folder_;
    bool finished_ = false;
};

} // namespace darkroom::cli
