#include "runner/store/line_reader.hpp"

#include "runner/store/error.hpp"

#include <fmt/format.h>

namespace darkroom::store {

namespace {

// No line that this program writes is near it: a file without newlines is not a manifest.
constexpr std::size_t line_bytes_max = 4u << 20;

} // namespace

Result<> LineReader::operator()(std::string_view piece) {
    while (!piece.empty()) {
        auto const end = piece.find('\n');
        auto line = piece.substr(0, end);
        bool const is_whole = rest_.empty() && end != piece.npos; // the usual case: no copy
        if (!is_whole) {
            rest_ += line;
            line = rest_;
        }
        if (line.size() > line_bytes_max)
            return Error(Errc::too_large,
                         fmt::format("a line of more than {} bytes", line_bytes_max));
        if (end == piece.npos) return {};
        take_(line);
        rest_.clear();
        piece.remove_prefix(end + 1);
    }
    return {};
}

} // namespace darkroom::store
