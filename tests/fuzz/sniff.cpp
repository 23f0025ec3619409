// The beginning of a CSV file: whatever it is, one delimiter and one line end are found, always the
// same ones, a comma whenever it fits, and every record that is found lies within the text.
#include "jobs/table/sniff.hpp"
#include "tests/fuzz/support.hpp"

#include <algorithm>

using namespace darkroom;
using namespace darkroom::fuzz;
using namespace darkroom::jobs;

namespace {

/// Divides a text into its records, and each record into its cells.
void check_records(std::string_view text, Division const& division) {
    std::string wrong;
    for (std::size_t records = 0; !text.empty(); ++records) {
        auto const found = find_record_end(text, division, true);
        bool const is_last = found.end == std::string_view::npos;
        require(is_last || text[found.end] == division.line_end, "a record ends at a line end");
        auto const record = text.substr(0, found.end);
        std::size_t bytes = 0;
        wrong.clear();
        bool const good = each_cell(record, division, wrong,
                                    [&bytes](std::string_view cell) { bytes += cell.size(); });
        require(good == wrong.empty(), "a record that is none has a reason");
        require(bytes <= record.size(), "cells are made of their record");
        require(good || division.quotes == Division::Quotes::strict,
                "only strict quotes can be torn");
        text.remove_prefix(is_last ? text.size() : found.end + 1);
    }
}

/// A text that is cut is never divided otherwise than the whole.
void check_pieces(std::string_view text, Division const& division) {
    auto const whole = find_record_end(text, division, true);
    for (std::size_t size = 0; size < std::min<std::size_t>(text.size(), 200); ++size) {
        auto const part = find_record_end(text.substr(0, size), division, false);
        require(part.end == std::string_view::npos || part.end == whole.end,
                "a record ends where it ends in the whole text");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = text_of(data, size);
    auto const found = sniff_csv(text, true, std::nullopt);
    auto const again = sniff_csv(text, true, std::nullopt);
    require(found.delimiter == again.delimiter && found.line_end == again.line_end,
            "the same is found twice");
    require(found.skipped <= text.size(), "what is left out is in the text");
    bool const is_usual = usual_delimiters.find(found.delimiter) != std::string_view::npos;
    require(is_usual || found.skipped > 0, "only 'sep=' names another delimiter");
    require(sniff_csv(text, true, ':').delimiter == ':', "a delimiter that is given is taken");
    for (char const delimiter : {found.delimiter, ',', '\t'}) {
        for (std::size_t const columns : {0u, 2u}) {
            Division const division{quotes_beside(delimiter), delimiter, found.line_end, columns};
            check_records(text, division);
            check_pieces(text, division);
        }
    }
    return 0;
}
