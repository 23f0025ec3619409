// One entry of `jobs:`, checked and merged with the defaults. It expands to items.
#pragma once

#include "jobs/language/prompt.hpp"
#include "jobs/model/job_file.hpp"
#include "jobs/table/table.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::jobs {

/// A file with more items than this is taken for a mistake.
constexpr std::uint64_t items_max = 100'000'000;

/// A job with more items than this needs a confirmation to run.
constexpr std::uint64_t items_asked_above = 100'000;

/// A key of `matrix` with its values.
struct Axis {
    std::string name;
    std::vector<std::string> values; ///< Never empty.
};

/// `sample`: this number of items, drawn at random.
struct Sample {
    std::uint64_t count = 0;
    std::uint64_t seed = 0;
};
constexpr std::uint64_t sample_max = 1'000'000; ///< Their numbers are held in memory.

/// A job's items are every row of the table, times the combinations of the axes without the
/// excluded ones, times the texts of the prompt; or the sample of these.
struct JobSpec {
    std::string id;
    ServiceModel const* service = &default_service(); ///< Never null.
    std::string_view endpoint =
        service->endpoints.front().path; ///< The endpoint of the first step.
    std::vector<std::string> images;     ///< Put before the prompt; `{{name}}` is filled in.
    Template words;                      ///< The job's own prompt.
    bool skips_blank = false;            ///< Rows without words are left out.
    std::uint64_t left_out = 0;          ///< The number of these rows.
    Template prompt;                     ///< Prefix, prompt, suffix and params.
    std::vector<std::string> prompt_parts =
        {};                         ///< The names of the parts of `prompt`: "suffix", "params.ar".
    std::vector<Axis> matrix;       ///< In file order; the last changes fastest.
    std::vector<Variables> exclude; ///< Combinations with all values of one of these are left out.
    std::optional<std::uint64_t> combinations =
        {}; ///< The number of combinations that are not excluded, once counted.
    Variables vars;
    std::shared_ptr<Table const> table; ///< Null: one row without cells.
    std::uint64_t rows = 1;             ///< Rows of the table, counted when the file was read.
    bool expand = false;                ///< Cells are read as prompt language.
    std::uint64_t row_texts = 0; ///< With `expand`: the texts of all rows, for one combination.
    std::string wildcards;       ///< The folder of wildcard files, for `expand`.
    std::string placeholder;     ///< The text in cells that the prompt replaces; or "".
    std::optional<Sample> sample;
    std::optional<std::uint64_t> max_items; ///< The user expects up to this many.
    int repeat = 1;
    std::string repeat_from = {}; ///< Not empty: the repeats of each row, to be filled in.
    std::uint64_t repeats = 0;    ///< Those of all rows together, with `repeat_from`.
    std::string folder = {};      ///< The folder of pictures that rows name.
    json::Value fields;           ///< Members of the request besides `prompt`, or null.
    bool download = true;
    std::shared_ptr<std::vector<Branch> const> then = std::make_shared<std::vector<Branch>>();
};

} // namespace darkroom::jobs
