// Holds the rows of a table that a sample has drawn: it goes through them in the order of the draw.
#pragma once

#include "jobs/table/table.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace darkroom::jobs {

/// Keeps the cells packed in one text, at about their size in the file.
class DrawnRows {
public:
    /// `numbers` of rows, from 0, in any order.
    explicit DrawnRows(std::vector<std::uint64_t> numbers);

    /// Keeps `row` if it is one of them. Rows come in the order of the table.
    void offer(std::uint64_t number, Row const& row);
    /// Returns the number behind the last row.
    std::uint64_t end() const { return numbers_.empty() ? 0 : numbers_.back() + 1; }
    /// Reads a row that was kept into `row`, whose memory is reused.
    void take(std::uint64_t number, Row& row) const;

private:
    std::uint32_t name_number(std::string const& name);

    std::vector<std::uint64_t> numbers_; ///< Sorted, each once.
    std::vector<Row> heads_;             ///< The rows without their cells.
    std::vector<std::size_t> offsets_;   ///< Where the cells of each begin in `packed_`.
    std::vector<std::string> names_;     ///< The names of cells, each once.
    std::map<std::string, std::uint32_t, std::less<>> name_numbers_;
    std::string packed_;
};

} // namespace darkroom::jobs
