// The beginning of a CSV file: whatever it is, one delimiter is found, always the same one, a comma
// whenever it fits, and every record that is found lies within the text and ends at a line end.
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
        require(is_last || line_ends.find(text[found.end]) != line_ends.npos,
                "a record ends at a line end");
        require(is_last == (found.next == std::string_view::npos), "both are known or none");
        require(is_last || found.next - found.end == line_end_length(text, found.end),
                "the next record begins behind the line end");
        auto const record = text.substr(0, found.end);
        std::size_t bytes = 0;
        wrong.clear();
        bool const good = each_cell(record, division, wrong,
                                    [&bytes](std::string_view cell) { bytes += cell.size(); });
        require(good == wrong.empty(), "a record that is none has a reason");
        require(bytes <= record.size(), "cells are made of their record");
        require(good || division.quotes == Division::Quotes::strict,
                "only strict quotes can be torn");
        text.remove_prefix(is_last ? text.size() : found.next);
    }
}

/// A text that is cut is never divided otherwise than the whole.
void check_pieces(std::string_view text, Division const& division) {
    auto const whole = find_record_end(text, division, true);
    for (std::size_t size = 0; size < std::min<std::size_t>(text.size(), 200); ++size) {
        auto const part = find_record_end(text.substr(0, size), division, false);
        require(part.end == std::string_view::npos || part.end == whole.end,
                "a record ends where it ends in the whole text");
        require(part.end == std::string_view::npos || part.next == whole.next,
                "the next record begins where it begins in the whole text");
    }
}

/// Line ends are found and counted alike, in whatever pieces.
void check_lines(std::string_view text) {
    LineEnds ends;
    ends.set_text(text, 0);
    std::uint64_t lines = 0;
    LineCount count;
    std::uint64_t counted = 0;
    for (std::size_t from = 0; from < text.size();) {
        auto const end = ends.find(from);
        require(end == text.find_first_of(line_ends, from), "the first line end is found");
        if (end == std::string_view::npos) break;
        from = end + line_end_length(text, end);
        ++lines;
    }
    for (std::size_t at = 0; at < text.size(); ++at) counted += count.in(text.substr(at, 1));
    require(lines == LineCount().in(text) && lines == counted, "lines are counted as they end");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = text_of(data, size);
    auto const found = sniff_csv(text, true, std::nullopt);
    auto const again = sniff_csv(text, true, std::nullopt);
    require(found.delimiter == again.delimiter && found.skipped == again.skipped,
            "the same is found twice");
    check_lines(text);
    require(found.skipped <= text.size(), "what is left out is in the text");
    bool const is_usual = usual_delimiters.find(found.delimiter) != std::string_view::npos;
    require(is_usual || found.skipped > 0, "only 'sep=' names another delimiter");
    require(sniff_csv(text, true, ':').delimiter == ':', "a delimiter that is given is taken");
    for (char const delimiter : {found.delimiter, ',', '\t'}) {
        for (auto const quotes : {Division::Quotes::strict, Division::Quotes::lenient}) {
            for (std::size_t const columns : {0u, 2u}) {
                Division const division{quotes, delimiter, columns};
                check_records(text, division);
                check_pieces(text, division);
            }
        }
    }
    return 0;
}
