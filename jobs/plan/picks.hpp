// The actions that people have picked where a job file has a `pick`. Pure.
#pragma once

#include "runner/base/error.hpp"
#include "runner/base/sha256.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

/// The picked actions of each image, by the key of its step.
struct Picks {
    std::map<Digest, std::vector<std::string>> by_image;

    /// Returns true if `action` was picked for the image of the step `image`.
    bool has(Digest const& image, std::string_view action) const;
};

/// Size limit of a file of picks.
constexpr std::size_t picks_bytes_max = 64u << 20;

/// Reads a picks.json. Errors: no JSON, or not of this form; the detail says where.
Result<Picks> read_picks(std::string_view text);
/// Returns the text of a picks.json, one image on each line, without images that have no action.
std::string write_picks(Picks const& picks);

} // namespace darkroom::jobs
