// The files of parts/: images that have not arrived whole, and those that were refused. Beside each
// KEY-TILE.N.part lies a note of what it is worth to a later run.
#pragma once

#include "runner/base/error.hpp"
#include "runner/store/directory.hpp"
#include "runner/store/journal_row.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace darkroom::store {

/// Holds what is known of a part. It is written after the bytes were synced, so that after a power
/// cut it never speaks of bytes that are not there.
struct PartNote {
    std::uint64_t bytes = 0; ///< The length that may be continued.
    std::string sha256;      ///< The digest of these bytes.
    std::string etag;        ///< The strong ETag, or the Last-Modified date, that they came with.
    std::string place;       ///< place_of() the link that they came from.
    std::string refused;     ///< The reason for which the file was refused; it is not continued.
};

/// Returns the path of a link without scheme, host and query: a fresh link of one image has the
/// same.
std::string place_of(std::string_view url);

/// Returns "DIRECTORY/KEY-TILE.N.part".
std::string part_path(std::string const& parts, ImageKey const& key, std::uint64_t number);
/// Returns the path of a part's note.
std::string note_path(std::string const& part);

/// Returns the step that a file of parts/ belongs to; nothing for a file that is none of ours.
std::optional<Digest> step_of_part(std::string_view name);

/// Writes a note, or replaces it. `serial` is never the same for two writers at once. Errors: of
/// the disk.
Result<> write_note(std::string const& part, PartNote const& note, std::uint64_t serial);
/// Returns nothing for a note that is missing or cannot be read.
std::optional<PartNote> read_note(std::string const& part);
/// Removes a part and its note. A file that cannot be removed now is removed at the next start.
void remove_part(std::string const& part);

/// One part that was kept.
struct KeptPart {
    ImageKey key;
    std::uint64_t number = 0;
    std::string path;
    PartNote note;
};

/// The parts of a directory that are of use, and the highest number that any name there has.
struct KeptParts {
    std::vector<KeptPart> parts;
    std::uint64_t last_number = 0;
};

/// Removes the parts and notes that no run can continue, and returns the rest. Only regular
/// files whose names are those of parts and notes are touched. Errors: of the disk.
Result<KeptParts> tidy_parts(Directory const& parts);

} // namespace darkroom::store
