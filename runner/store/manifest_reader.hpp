// The rows of a manifest, read from its lines.
#pragma once

#include "runner/engine/manifest_row.hpp"
#include "runner/store/journal_row.hpp"
#include "runner/store/manifest_columns.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace darkroom::store {

/// Reads a line as to_json(ManifestRow) makes it, or as version 0.1 made it. Nothing for any other
/// text.
std::optional<engine::ManifestRow> manifest_row_in(std::string_view line);
/// Does the same with a line that is split already.
std::optional<engine::ManifestRow> manifest_row_in(LineColumns const& columns);
/// Reads such a line in place of `row`, whose memory is used again. Returns false for one that is
/// none, and leaves anything in `row`.
bool read_manifest_row(LineColumns const& columns, engine::ManifestRow& row);
/// Does the same with the columns by which pictures are chosen, put in order and named; the other
/// members stay as they are. They are half of a line, and take half of the time.
bool read_chosen_by(LineColumns const& columns, engine::ManifestRow& row);

/// Returns the image that a row lists.
ImageKey image_of(engine::ManifestRow const& row);

/// Passes each row of manifest.jsonl (or of unwanted.jsonl) at `path` to `take`, in the order of
/// the lines; an error of `take` ends the walk and is returned. A row takes memory only while it
/// is passed. A line that is being written is left out. Works beside a run. Errors: of the disk;
/// damaged_manifest for a line that is none.
Result<> for_each_manifest_row(std::string const& path,
                               std::function<Result<>(engine::ManifestRow)> const& take);

} // namespace darkroom::store
