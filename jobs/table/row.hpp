// What a table is made of: its formats, its rows, what can be wrong with them.
#pragma once

#include "jobs/language/variables.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace darkroom::jobs {

enum class TableFormat {
    csv,
    tsv,
    jsonl,
    json, ///< A list of objects or of texts.
    txt,
    page ///< One prompt in a file.
};

/// Limits of a table. A larger file is refused.
constexpr std::size_t row_bytes_max = std::size_t{1} << 20;
constexpr std::size_t cell_bytes_max = 65'536;
constexpr std::size_t columns_max = 200;
constexpr std::size_t row_keys_max = 10'000; // of an object in JSON
/// The limit of a pipe or a device, which is copied to a temporary file first.
constexpr std::uint64_t stream_bytes_max = std::uint64_t{1} << 30;

/// A variable and what it is in a row: the title of a column, or a JSON Pointer.
struct ColumnSource {
    std::string name;
    std::string from;
    friend auto operator<=>(ColumnSource const&, ColumnSource const&) = default;
};

/// The words of a job file on how a table is read. Nothing: it is found out.
struct TableReading {
    std::optional<char> delimiter;
    std::string encoding;
    std::vector<ColumnSource> columns;
    friend auto operator<=>(TableReading const&, TableReading const&) = default;
};

/// A file of a table.
struct TablePlace {
    std::string path;  ///< "-" for standard input.
    std::string shown; ///< The name in messages.
    TableFormat format = TableFormat::csv;
    std::uint64_t stream_max = stream_bytes_max;
    TableReading reading = {};
};

/// One row. Its cells are variables. An empty cell of a CSV or TSV file, and a `null` or `""` of a
/// JSON file, define no variable.
struct Row {
    std::uint64_t line = 0; ///< In the file, from 1; of its first character.
    std::size_t file = 0;   ///< The number of the file among those of the table.
    Variables cells;
    /// Names of the empty cells of a JSON file: those of others are known by the header.
    std::vector<std::string> empty = {};
    /// Cells that cannot be used, with the reason: "is a list: …". It matters when one is needed.
    std::vector<std::pair<std::string, std::string>> odd = {};
};

/// An error in a table and its line; line 0 is the file as a whole.
struct TableProblem {
    std::uint64_t line = 0;
    std::string text;     ///< Empty: no error.
    std::size_t file = 0; ///< As in Row.
};

} // namespace darkroom::jobs
