#include "jobs/table/sniff.hpp"

#include "runner/base/text.hpp"

#include <cctype>
#include <utility>

namespace darkroom::jobs {

namespace {

constexpr std::size_t records_looked_at = 20;

/// The shape of the first records with one delimiter.
struct Fit {
    std::size_t columns = 0; ///< The number in the first record.
    bool is_even = true;     ///< All others have as many.
};

Fit fit_of(std::string_view piece, bool is_whole, Division const& division) {
    Fit fit;
    std::string ignored;
    for (std::size_t seen = 0; seen < records_looked_at && !piece.empty();) {
        auto const found = find_record_end(piece, division, is_whole);
        bool const is_open = found.end == std::string_view::npos;
        if (is_open && !is_whole) break;
        auto const record = piece.substr(0, found.end);
        piece.remove_prefix(is_open ? piece.size() : found.next);
        if (record.empty()) continue;
        std::size_t cells = 0;
        if (!each_cell(record, division, ignored, [&cells](std::string_view) { ++cells; })) {
            fit.is_even = false;
            cells += 1;
        }
        if (seen++ == 0) fit.columns = cells;
        fit.is_even = fit.is_even && cells == fit.columns;
    }
    return fit;
}

char best_delimiter(std::string_view piece, bool is_whole) {
    auto const fit_with = [&](char delimiter) {
        return fit_of(piece, is_whole, {Division::Quotes::strict, delimiter, 0});
    };
    char const comma = usual_delimiters.front();
    auto const usual = fit_with(comma);
    if (usual.is_even && usual.columns > 1) return comma;
    char best = comma;
    Fit best_fit{0, false};
    for (char const delimiter : usual_delimiters.substr(1)) {
        auto const fit = fit_with(delimiter);
        bool const is_better =
            fit.is_even == best_fit.is_even ? fit.columns > best_fit.columns : fit.is_even;
        if (fit.columns < 2 || !is_better) continue;
        best = delimiter;
        best_fit = fit;
    }
    // Where nothing fits, the rows that do not are told at their lines.
    bool const fits = best_fit.is_even || (usual.columns == 1 && !usual.is_even);
    return fits ? best : comma;
}

/// Returns the delimiter of a line `sep=;` in front, as Excel writes it, and its length in bytes.
std::pair<char, std::size_t> separator_line(std::string_view piece) {
    auto const end = piece.find_first_of(line_ends);
    if (end == std::string_view::npos) return {'\0', 0};
    auto const length = end + line_end_length(piece, end);
    auto line = trim(piece.substr(0, end));
    // A tab is a blank, too.
    if (to_lower(line) == "sep=" && piece.substr(0, end).find('\t') != std::string_view::npos)
        return {'\t', length};
    if (line.size() > 2 && line.starts_with('"') && line.ends_with('"'))
        line = line.substr(1, line.size() - 2);
    if (line.size() != 5 || to_lower(line.substr(0, 4)) != "sep=") return {'\0', 0};
    bool const is_letter = std::isalnum(static_cast<unsigned char>(line.back())) != 0;
    if (is_letter || line.back() == '"') return {'\0', 0};
    return {line.back(), length};
}

} // namespace

bool ends_lines_with_cr(std::string_view piece, bool has_quotes) {
    bool const has_cr = piece.find('\r') != std::string_view::npos;
    if (!has_cr || !has_quotes) return has_cr && piece.find('\n') == std::string_view::npos;
    bool inside = false;
    bool has_cr_outside = false;
    for (char const c : piece) {
        if (c == '"') inside = !inside;
        if (inside) continue;
        if (c == '\n') return false;
        has_cr_outside = has_cr_outside || c == '\r';
    }
    return has_cr_outside;
}

Sniffed sniff_csv(std::string_view piece, bool is_whole, std::optional<char> given) {
    Sniffed sniffed;
    auto const [written, length] = separator_line(piece);
    sniffed.skipped = length;
    if (given)
        sniffed.delimiter = *given;
    else if (length > 0)
        sniffed.delimiter = written;
    else
        sniffed.delimiter = best_delimiter(piece, is_whole);
    return sniffed;
}

} // namespace darkroom::jobs
