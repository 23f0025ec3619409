// The gallery of a run directory, with its thumbnails.
#pragma once

#include "runner/base/error.hpp"
#include "runner/cli/waiting_choices.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace darkroom::cli {

struct GalleryWish {
    std::string directory; ///< The run directory.
    std::string file;      ///< Where the page is written; "" for gallery.html in the directory.
    /// Is called with a line about a picture without a thumbnail.
    std::function<void(std::string const&)> note;
    /// The page is for them; none: an ordinary gallery, with the choices that wait as well.
    std::optional<WaitingChoices> picks = std::nullopt;
};

struct WrittenGallery {
    std::string path;             ///< The page's, as the user may type it.
    std::uint64_t thumbnails = 0; ///< New ones.
    std::uint64_t without = 0;    ///< Pictures that got none.
};

/// Makes the missing thumbnails and writes the page. Works beside a run and without the job file.
/// Blocks. Throws Quit: no_input (no run directory, no such folder), disk.
WrittenGallery write_gallery(GalleryWish const& wish);

/// A page that is served has at most so many pictures, the first ones.
inline constexpr std::size_t served_rows_max = 20'000;
/// Says whether the page of a run also shows it at work.
enum class ServedRun { at_work, over };
/// Returns the page of a run, as a text, whose thumbnails are made when a browser asks for them: it
/// links to the paths of RunPages. Blocks. Errors: of the disk, of the journal.
Result<std::string> served_gallery(std::string const& directory, ServedRun run);

} // namespace darkroom::cli
