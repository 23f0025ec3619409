// The images that a person has picked. Pure.
#pragma once

#include "jobs/plan/picks.hpp"
#include "runner/export/row_source.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::exports {

/// Knows what a picks.json says of the images of one run directory.
class PickedImages {
public:
    PickedImages() = default;
    /// Reads a picks.json; "" has no picks. Errors: as jobs::read_picks().
    static Result<PickedImages> read(std::string_view text);

    /// Returns true while rows have to be noted: some picks name actions.
    bool needs_rows() const { return !picks_.by_image.empty(); }
    /// Notes the image of a row, in case that actions were picked on it.
    void note(engine::ManifestRow const& row);
    /// Returns true if the manifest or the file of picks says so: by the picture's SHA-256 or its
    /// "KEY/TILE" (tile 0 is a whole image), or because an action that made it was picked.
    bool has(ListedRow const& listed) const;

private:
    jobs::Picks picks_;
    std::map<std::string, std::vector<std::string>>
        actions_; ///< The key is the id of the image above.
};

} // namespace darkroom::exports
