// A table of prompts, in each of its formats: any file is either no table or has rows and wrong
// rows, each with its line, always the same.
#include "jobs/table/table.hpp"
#include "tests/fuzz/support.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

using namespace darkroom;
using namespace darkroom::fuzz;
using namespace darkroom::jobs;

namespace {

/// A file in memory, with a path until it is destroyed.
class MemoryFile {
public:
    explicit MemoryFile(std::string_view text) : descriptor_(::memfd_create("table", 0)) {
        if (descriptor_ < 0) std::abort();
        while (!text.empty()) {
            auto const size = ::write(descriptor_, text.data(), text.size());
            if (size <= 0) std::abort();
            text.remove_prefix(static_cast<std::size_t>(size));
        }
    }
    MemoryFile(MemoryFile const&) = delete;
    MemoryFile& operator=(MemoryFile const&) = delete;
    ~MemoryFile() { ::close(descriptor_); }

    std::string path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

private:
    int descriptor_;
};

void check_row(Row const& row, Table const& table) {
    auto const most = table.knows_columns() ? columns_max : row_keys_max + columns_max;
    require(row.cells.size() <= most, "a row has no more cells than it may have");
    for (auto const& [name, value] : row.cells) {
        require(value.size() <= cell_bytes_max, "a cell has at most cell_bytes_max bytes");
        auto const& columns = table.columns();
        bool const known = std::find(columns.begin(), columns.end(), name) != columns.end();
        require(known || !table.knows_columns(), "a cell belongs to a column");
    }
}

/// Returns the whole outcome as text.
std::string walk(std::shared_ptr<Table const> const& table, std::uint64_t lines, bool has_lines) {
    RowReader reader(table);
    Row row;
    std::string seen;
    std::uint64_t line = 0;
    for (std::uint64_t records = 0;; ++records) {
        require(records <= lines || !has_lines, "a row has a line of its own");
        TableProblem problem;
        bool const has_row = reader.next(row, problem);
        if (!has_row && problem.text.empty()) return seen;
        auto const at = has_row ? row.line : problem.line;
        require(!has_row || problem.text.empty(), "a row that is returned has no problem");
        require(at <= lines, "a row is in the file");
        require(at == 0 || at >= line, "rows come in their order");
        require(at == 0 || at > line || !has_lines, "rows with lines have different ones");
        seen += fmt::format("{}: {}\n", at, problem.text);
        if (at == 0) return seen; // the file as a whole
        line = at;
        if (!has_row) continue;
        check_row(row, *table);
        for (auto const& [name, value] : row.cells) seen += name + '=' + value + '\n';
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = text_of(data, size);
    auto const breaks =
        std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; });
    // What comes out of gzip may have any number of lines.
    bool const is_gzip = text.starts_with("\x1f\x8b");
    auto const lines = is_gzip ? std::uint64_t{1} << 40 : static_cast<std::uint64_t>(breaks) + 1;
    MemoryFile const file(text);
    for (auto const format : {TableFormat::csv, TableFormat::tsv, TableFormat::jsonl,
                              TableFormat::json, TableFormat::txt, TableFormat::page}) {
        bool const has_lines = format != TableFormat::json && !is_gzip;
        TableProblem problem;
        TableReading reading;
        if (size % 3 == 1) reading.encoding = "gb18030";
        if (size % 3 == 2) reading.columns = {{"p", "/a/0"}};
        auto const table =
            Table::open({file.path(), "fuzz", format, stream_bytes_max, reading}, problem);
        require((table == nullptr) == !problem.text.empty(),
                "a file that is not a table has a problem");
        if (!table) continue;
        require(walk(table, lines, has_lines) == walk(table, lines, has_lines),
                "a table is read the same twice");
    }
    return 0;
}
