// The pictures of a run directory as its page gets them. Blocks: for a thread of its own.
#pragma once

#include "runner/base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace darkroom::cli {

/// Pictures above this size are not sent to a page, and have no thumbnail there.
inline constexpr std::uint64_t sent_bytes_max = 64u << 20;

/// Returns the type of a picture, a video or a text by the end of its name; "" for any other file:
/// a page gets no other.
std::string_view media_type_of(std::string_view path);
/// Undoes percent-encoding. Returns "" for a path that is not within a directory: one with "..",
/// an empty or a hidden part, or a byte that no name has.
std::string relative_path_of(std::string_view encoded);

/// Reads a picture below the run directory, without following links. Errors: of the disk, not_ours,
/// too_large.
Result<std::string> read_picture(std::string const& directory, std::string const& file);
/// Returns the WebP of a picture's thumbnail: that of thumbs/, or a new one, which is not kept.
/// `sha256` are the hexadecimal digits of the picture. Errors: as read_picture(); not_an_image,
/// bad_structure.
Result<std::string> read_thumbnail(std::string const& directory, std::string const& file,
                                   std::string const& sha256);

} // namespace darkroom::cli
