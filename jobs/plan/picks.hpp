// What people have chosen among the actions that a `pick` leaves to them. Pure.
#pragma once

#include "runner/base/error.hpp"
#include "runner/base/sha256.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

/// By the key of the step whose image was looked at: the actions that were picked.
struct Picks {
    std::map<Digest, std::vector<std::string>> by_image;

    /// Whether `action` was picked for the image of the step `image`.
    bool has(Digest const& image, std::string_view action) const;
};

/// More bytes are no file of picks.
constexpr std::size_t picks_bytes_max = 64u << 20;

/// Reads a picks.json. Errors: no JSON, or not of this form; the detail says where.
Result<Picks> read_picks(std::string_view text);
/// The text of a picks.json, an image a line. An image without actions is left out.
std::string write_picks(Picks const& picks);

} // namespace darkroom::jobs
