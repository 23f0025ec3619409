// What `darkroom clean` would remove from a run directory, and why it leaves one whole.
#pragma once

#include "runner/store/journal_removed.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace darkroom::cli {

/// The kinds of files that are to go.
struct CleanWish {
    bool pictures = false; ///< Pictures and videos with their thumbnails.
    bool parts = false;    ///< Downloads that did not end well.
    bool all = false;      ///< Everything but the record of what was asked, made and paid.
    bool picked = false;   ///< Also pictures that a person has picked or given stars.
};

struct CleanPlan {
    std::string why_not;                 ///< Not "": the directory is left whole.
    std::vector<std::string> files;      ///< Relative to the directory, ascending, each once.
    std::vector<std::string> spare;      ///< Those of the files that are of no image.
    std::vector<store::ImageKey> images; ///< Those that lose a file.
    std::uint64_t bytes = 0;
    std::uint64_t picked = 0;  ///< Images that stay, since somebody likes them.
    std::uint64_t changed = 0; ///< Files that stay, since they are not what a run has saved.
    std::int64_t last_seq = 0; ///< The journal's last fact.

    bool is_empty() const { return files.empty(); }
};

/// Says whether this process holds the directory's lock, so that no run is at work there.
enum class Held { no, yes };

/// Reads only. The directory has a journal. Throws Quit: disk.
CleanPlan clean_plan(std::string const& directory, CleanWish const& wish, Held held);

} // namespace darkroom::cli
