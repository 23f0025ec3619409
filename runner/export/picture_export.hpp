// An export with pictures, of any format.
#pragma once

#include "runner/export/card.hpp"
#include "runner/export/output_directory.hpp"
#include "runner/export/selection.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::exports {

/// The work that the room does not do itself.
struct Ports {
    /// Cuts the bytes of a grid into its four pictures, as PNG.
    std::function<Result<std::vector<std::string>>(std::string_view)> cut_in_four;
    /// Prints a line about a picture that is left out.
    std::function<void(std::string const&)> complain;
};

/// Counts what became of the pictures.
struct PictureTally {
    CardFacts facts;
    LeftOut left_out;
    std::uint64_t linked = 0;
    std::uint64_t copied = 0;
    std::uint64_t kept = 0;    ///< From an earlier start.
    std::uint64_t missing = 0; ///< Left out: no such file, or not to be read.
    std::uint64_t changed = 0; ///< Left out: other bytes than the manifest says.
    std::uint64_t removed = 0; ///< Left out: removed by `darkroom clean`.
    std::uint64_t over = 0;    ///< Left out by `bytes_max`, with their bytes:
    std::uint64_t over_bytes = 0;
    std::uint64_t without_note = 0; ///< Formats that cannot say that a model made them.

    bool is_whole() const { return missing + changed + removed == 0; }
};

/// Says whether all libraries are there that an export needs. Errors: not_built.
Result<> check_built(Options const& options);

/// Writes an export. `name` is its name on the card. Errors: of a source, of the disk, not_ours,
/// not_built.
Result<PictureTally> export_pictures(Sources const& sources, Options const& options,
                                     Ports const& ports, OutputDirectory& out);
/// Counts without writing. Pictures are looked at, but not read.
Result<PictureTally> count_pictures(Sources const& sources, Options const& options,
                                    Ports const& ports);
/// Returns what the export says of itself, from its own words.
json::Value marker_of(std::vector<std::string> const& directories, Options const& options);

} // namespace darkroom::exports
