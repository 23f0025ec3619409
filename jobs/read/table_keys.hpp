// The keys of `prompts:`.
#pragma once

#include "jobs/read/text_check.hpp"
#include "jobs/table/row.hpp"
#include "jobs/yaml/values.hpp"

#include <optional>
#include <vector>

namespace darkroom::jobs {

/// `prompts:` as it is written.
struct TableDraft {
    Where where;             ///< The place of the key.
    std::vector<Text> files; ///< Paths, globs and folders; never empty.
    bool is_list = false;    ///< They were under `files`.
    std::optional<Text> format;
    TableReading reading;
    Where encoding_where;
    std::optional<Where> delimiter_where, columns_where;
    std::vector<Where> column_wheres; ///< The values of `columns`.
    bool skip_empty = false;

    Text const& file() const { return files.front(); }
};

/// Reads a path, or a mapping except its `prompt`. Nothing, with an error, when it names no file.
std::optional<TableDraft> read_table(Member const& prompts, Findings& findings);

} // namespace darkroom::jobs
