#include "runner/net/readers.hpp"

#include "runner/base/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace darkroom::net {

namespace {

/// Returns the first number of "bytes 100-199/200", or nothing for a malformed header.
std::optional<std::uint64_t> range_start(std::optional<std::string_view> text) {
    constexpr std::string_view unit = "bytes ";
    if (!text || !text->starts_with(unit)) return std::nullopt;
    auto const range = text->substr(unit.size());
    auto const dash = range.find('-');
    if (dash == range.npos) return std::nullopt;
    return parse_whole<std::uint64_t>(range.substr(0, dash));
}

std::optional<std::uint64_t> length_of(ResponseHead const& head) {
    auto const text = head.find("content-length");
    if (!text || head.find("transfer-encoding")) return std::nullopt;
    return parse_whole<std::uint64_t>(*text);
}

} // namespace

Result<> WholeReader::on_head(ResponseHead const&) { return {}; }

Result<bool> WholeReader::on_body(std::string_view bytes) {
    if (body_.size() + bytes.size() > limit_)
        return Error(Errc::body_too_large, fmt::format("more than {} bytes", limit_));
    body_.append(bytes);
    return true;
}

Result<> StreamReader::on_head(ResponseHead const& head) {
    good_ = head.status / 100 == 2;
    return {};
}

Result<bool> StreamReader::on_body(std::string_view bytes) {
    if (!good_) return other_.on_body(bytes);
    auto const before = lines_.ends();
    TRY(lines_.feed(bytes));
    return lines_.ends() != before;
}

Result<> DownloadReader::on_head(ResponseHead const& head) {
    BodyStart start;
    if (head.status == 206) {
        auto const begins = range_start(head.find("content-range"));
        if (begins != terms_.offset)
            return Error(Errc::bad_range, fmt::format("asked from byte {}", terms_.offset));
        start.offset = terms_.offset;
    }
    good_ = head.status == 200 || head.status == 206;
    if (!good_) return {};
    start.length = length_of(head);
    start.content_type = head.find("content-type").value_or("");
    start.etag = head.find("etag").value_or("");
    // A weak tag does not identify the bytes; the date of the last change is the next best.
    if (start.etag.empty() || start.etag.starts_with("W/"))
        start.etag = head.find("last-modified").value_or("");
    return sink_.begin(start);
}

Result<bool> DownloadReader::on_body(std::string_view bytes) {
    if (!good_) {
        kept_.append(bytes.substr(0, kept_max - std::min(kept_max, kept_.size())));
    } else {
        TRY(sink_.write(bytes));
    }
    since_progress_ += bytes.size();
    // The first bytes end the wait for an answer; from then on the lowest speed applies.
    bool const first = !std::exchange(started_, true);
    if (!first && since_progress_ < terms_.bytes_per_idle) return false;
    since_progress_ = 0;
    return true;
}

} // namespace darkroom::net
