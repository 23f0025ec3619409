// A run directory in the making: it appears whole under its name, or not at all.
#pragma once

#include "runner/store/run_folder.hpp"

#include <string>

namespace darkroom::cli {

/// The directory `output`.merging, locked and empty; gone with the object unless it was finished.
class MergeDraft {
public:
    /// Clears away what an earlier merge has left. Throws Quit: usage (`output` is there already,
    /// or something that no merge made is in the way), locked, disk.
    explicit MergeDraft(std::string output);
    ~MergeDraft();
    MergeDraft(MergeDraft const&) = delete;
    MergeDraft& operator=(MergeDraft const&) = delete;

    store::RunFolder const& folder() const { return folder_; }
    /// Gives it its name. Nothing in it may be open any more. Throws Quit(disk).
    void finish();

private:
    std::string output_;
    store::RunFolder folder_;
    bool finished_ = false;
};

} // namespace darkroom::cli
