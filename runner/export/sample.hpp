// A picture on its way into an export.
#pragma once

#include "runner/engine/manifest_row.hpp"
#include "runner/export/output_directory.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace darkroom::exports {

struct Sample {
    static constexpr std::size_t content_kept_bytes_max = 64u << 10;

    engine::ManifestRow row;
    std::string line;      ///< The row as JSON.
    std::string directory; ///< The run directory, as the user named it.
    std::string split;
    std::string name;      ///< Without extension.
    std::string extension; ///< ".png"
    std::string caption;   ///< "" for none.
    PictureFile file;      ///< With the digest of the manifest.
    /// The bytes, where they are not those of the file: of a tile, or with a note of provenance.
    std::optional<std::string> bytes;
    std::string content; ///< The bytes of the file, where they were read and compared ahead:
    bool has_content = false;
    std::optional<std::string> parent_name; ///< With extension.
    std::string listing; ///< The text of FormatWriter::listing_of(); "" where it is not made.

    /// Keeps the memory for another picture if it is little, and gives much of it back.
    void drop_content() {
        has_content = false;
        if (content.capacity() > content_kept_bytes_max) content = std::string();
    }

    std::string file_name() const { return name + extension; }
    std::uint64_t size() const { return bytes ? bytes->size() : file.bytes; }
};

/// Says that these entries are in a finished part of an export that was stopped.
struct FinishedPart {
    std::size_t entries = 0;
    bool is_full = false; ///< The part ended since the next entry did not fit.
    std::string fingerprint;
};

/// Writes one format. The driver calls add() for each picture in order, then finish().
class FormatWriter {
public:
    virtual ~FormatWriter() = default;

    /// Returns what the format lists of a picture. Any thread may call it, beside everything else.
    virtual std::string listing_of(Sample const& sample) const;
    /// Takes a picture, and returns how it came in. Placed::wrong: its bytes are not those of the
    /// manifest, and it was left out.
    virtual Result<Placed> add(Sample const& sample) = 0;
    /// Begins the next entry, which may have several pictures of about so many bytes together.
    virtual Result<> begin_entry(std::string const& split, std::uint64_t bytes,
                                 std::string_view fingerprint);
    /// Returns what an earlier start has finished of what comes next.
    virtual std::optional<FinishedPart> next_finished();
    /// Takes it over; false if its file is not as it was.
    virtual Result<bool> keep_finished();
    virtual Result<> finish() = 0;
};

/// Reads a whole picture in place of `bytes`, and returns whether it is the one of the manifest.
/// Errors: of the disk.
Result<bool> read_picture(PictureFile const& file, std::string& bytes);

} // namespace darkroom::exports
