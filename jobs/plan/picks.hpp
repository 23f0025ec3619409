// The actions that people have picked where a job file has a `pick`. Pure.
#pragma once

#include "runner/base/error.hpp"
#include "runner/base/sha256.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

/// The word of a person about one picture.
struct ImageMark {
    bool is_picked = false;
    int stars = 0; ///< 1 to 5; 0: none were given.
    std::string note;

    bool says_nothing() const { return !is_picked && stars == 0 && note.empty(); }
    friend bool operator==(ImageMark const&, ImageMark const&) = default;
};

/// The picked actions of each image, by the key of its step; and what was said of pictures.
struct Picks {
    std::map<Digest, std::vector<std::string>> by_image;
    /// The key is the SHA-256 of the picture, 64 hex digits, or "KEY/TILE".
    std::map<std::string, ImageMark, std::less<>> marks;

    bool is_empty() const { return by_image.empty() && marks.empty(); }
    /// Adds those of `newer`, which replace older ones of the same image.
    void take(Picks newer);
    /// Returns true if the picture itself is picked.
    bool has_picked(std::string_view sha256, Digest const& step, int tile) const;

    /// Returns true if `action` was picked for the image of the step `image`.
    bool has(Digest const& image, std::string_view action) const;
};

/// Size limit of a note about a picture; a longer one is cut.
constexpr std::size_t pick_note_bytes_max = 4u << 10;
/// Size limit of a file of picks.
constexpr std::size_t picks_bytes_max = 64u << 20;

/// Reads a picks.json. Errors: no JSON, or not of this form; the detail says where.
Result<Picks> read_picks(std::string_view text);
/// Returns the text of a picks.json, one image on each line, without images that have no action.
std::string write_picks(Picks const& picks);

} // namespace darkroom::jobs
