// The choices of a run that wait for a person, for a page.
#pragma once

#include "runner/cli/job.hpp"
#include "runner/report/gallery/gallery_page.hpp"

#include <map>
#include <string>

namespace darkroom::cli {

struct WaitingChoices {
    report::GalleryChoices choices; ///< At most a thousand of them.
    /// The rows of their pictures, for those of which no file was kept.
    std::map<Digest, engine::ManifestRow> rows;
};

/// Throws Quit: disk (the journal), bad_file (a table).
WaitingChoices waiting_choices(Job const& job, std::string const& directory,
                               jobs::Picks const& picks);
/// Does the same with the saved job; none where that has no `pick` or cannot be read any more.
WaitingChoices choices_if_any(std::string const& directory);

} // namespace darkroom::cli
