// The pictures of an export, in their order and with their names.
#pragma once

#include "runner/export/chosen_rows.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace darkroom::exports {

/// A picture that is to be exported, in little memory: its line is read again when it is its turn.
struct Entry {
    std::uint64_t offset = 0; ///< Where its line begins.
    std::uint64_t item = 0;
    std::uint64_t bytes = 0;
    std::uint32_t length = 0;
    std::uint32_t source = 0;
    std::uint32_t job = 0; ///< A number that orders as the texts do, and so has `path`.
    std::uint32_t path = 0;
    std::int32_t repeat = 0;
    std::int32_t parent = -1; ///< The number of the picture above among the entries, or -1.
    std::int16_t tile = 0;
    std::uint16_t split = 0;
    bool is_chosen = false; ///< False for one that is there only as a parent.
    bool is_grid = false;   ///< It offers its four pictures.
    Digest key{};
    std::string name;      ///< Without extension, unique within its split.
    std::string extension; ///< ".png"
};

/// Counts what a selection leaves out.
struct LeftOut {
    std::uint64_t texts = 0;
    std::uint64_t videos = 0;     ///< Where the format takes none.
    std::uint64_t duplicates = 0; ///< Left out by `dedup`.
    std::uint64_t without_parent = 0;
    std::uint64_t grids = 0; ///< Whose tiles are listed themselves, with `tiles`.
};

struct Selection {
    std::vector<Entry> entries;      ///< In the order of split, job, item, repeat, path, tile.
    std::set<std::string> variables; ///< The names of all.
    LeftOut left_out;
};

/// Reads all lines of all sources. The order of the entries, and their names, do not depend on the
/// order of the lines or, but for equal ones, of the sources. Errors: of a source.
Result<Selection> select(Sources const& sources, Options const& options);

/// Returns the extension of a format: ".jpg" for "jpeg".
std::string extension_of(std::string const& format);
/// Returns the last part of a directory's name.
std::string label_of(std::string const& directory);

} // namespace darkroom::exports
