// The wishes of an export, checked by cli.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/base/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace darkroom::exports {

enum class Format { csv, jsonl, imagefolder, webdataset, folder };
/// Stored in each export: the names never change.
std::string_view name_of(Format format);
/// Reads a name; nothing for any other text.
std::optional<Format> format_of(std::string_view name);
/// Returns true for formats of one file that holds rows only.
bool is_table(Format format);

/// Says which rows are exported. Empty: all.
struct Filter {
    std::vector<std::string> jobs;                          ///< Names or globs; any of them.
    std::vector<std::pair<std::string, std::string>> where; ///< Variable and value; all of them.
    bool picked = false;
};

/// Says how a picture comes into an export.
enum class Placement {
    any,  ///< A hard link, or a copy where there is none.
    link, ///< A hard link, or an error.
    copy,
};

/// A split and its share in millionths.
struct Share {
    std::string name;
    std::uint32_t millionths = 0;
};

struct Options {
    Format format = Format::csv;
    Filter filter;
    jobs::Captions captions = jobs::Captions::none;
    bool tiles = false;      ///< Grids are cut into their four pictures.
    bool dedup = false;      ///< Only the first of equal pictures.
    bool pairs = false;      ///< A line for each parent and child.
    bool verify = false;     ///< Linked pictures are read and compared as well.
    bool safe_cells = false; ///< No cell of a CSV is a formula for a spreadsheet.
    bool provenance = false; ///< Copies say that a model has made them.
    Placement placement = Placement::any;
    std::optional<std::uint64_t> bytes_max; ///< For all pictures together.
    std::uint64_t shard_bytes = 1'000'000'000;
    std::vector<Share> split; ///< Never empty, once it is checked; the shares are a million.
};

/// Returns the options on which the bytes of an export depend, as they are stored in it.
json::Value to_json(Options const& options);

/// Reads "10GB", "1.5 GiB", "4096". Nothing for any other text, and for what is no whole number of
/// bytes above 0.
std::optional<std::uint64_t> parse_bytes(std::string_view text);

} // namespace darkroom::exports
