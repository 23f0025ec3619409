#include "runner/net/readers.hpp"

#include "runner/base/number.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <utility>

namespace darkroom::net {

namespace {

/// The numbers of "bytes 100-199/200"; `size` is not known for "/*".
struct PartRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::optional<std::uint64_t> size;
};

/// Returns nothing for a malformed header.
std::optional<PartRange> part_range(std::optional<std::string_view> text) {
    constexpr std::string_view unit = "bytes ";
    if (!text || !text->starts_with(unit)) return std::nullopt;
    auto const range = text->substr(unit.size());
    auto const dash = range.find('-');
    auto const slash = range.find('/');
    if (dash == range.npos || slash == range.npos || slash < dash) return std::nullopt;
    auto const first = parse_whole<std::uint64_t>(range.substr(0, dash));
    auto const last = parse_whole<std::uint64_t>(range.substr(dash + 1, slash - dash - 1));
    if (!first || !last || *last < *first) return std::nullopt;
    return PartRange{*first, *last, parse_whole<std::uint64_t>(range.substr(slash + 1))};
}

/// Returns whether a body begins as gzip or deflate does; no kind of image begins so.
bool looks_coded(std::string_view bytes) {
    auto const first = static_cast<unsigned char>(bytes.empty() ? '\0' : bytes.front());
    return first == 0x1f || (first & 0x0f) == Z_DEFLATED;
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
    good_ = head.status == 200 || head.status == 206;
    start.length = length_of(head);
    start.content_type = head.find("content-type").value_or("");
    start.etag = head.find("etag").value_or("");
    // A weak tag does not identify the bytes; the date of the last change is the next best.
    if (start.etag.empty() || start.etag.starts_with("W/"))
        start.etag = head.find("last-modified").value_or("");
    if (head.status == 206) {
        start.offset = terms_.offset;
        TRY(check_part(head, start));
    }
    if (!good_) return {};
    TRY(begin_decoding(head));
    if (inflater_ != nullptr) { // length and tag are those of the coded body
        start.length.reset();
        start.etag.clear();
    }
    if (missing_) start.length = *missing_;
    return sink_.begin(start);
}

/// A part continues only the very bytes that are here: from the byte that was asked for, of the
/// same version, and not coded.
Result<> DownloadReader::check_part(ResponseHead const& head, BodyStart const& start) {
    auto const range = part_range(head.find("content-range"));
    if (!range || range->first != terms_.offset)
        return Error(Errc::bad_range, fmt::format("asked from byte {}", terms_.offset));
    if (start.etag.empty() || start.etag != terms_.etag)
        return Error(Errc::bad_range, "it is not certain that it is of the same version");
    auto const coding = head.find("content-encoding").value_or("");
    if (!coding.empty() && to_lower(coding) != "identity")
        return Error(Errc::bad_range, fmt::format("the part is coded as '{}'", coding));
    if (range->size && *range->size <= range->last)
        return Error(Errc::bad_range, "the part is longer than the whole");
    if (range->size) missing_ = *range->size - range->first;
    return {};
}

Result<> DownloadReader::begin_decoding(ResponseHead const& head) {
    auto const coding = to_lower(head.find("content-encoding").value_or(""));
    if (coding.empty() || coding == "identity") return {};
    if (coding != "gzip" && coding != "x-gzip" && coding != "deflate")
        return Error(Errc::bad_coding, fmt::format("'{}', which was not asked for", coding));
    inflater_ = std::make_unique<Inflater>(decoded_max);
    return {};
}

Result<> DownloadReader::pass(std::string_view bytes) {
    // Some hosts name a coding and send the plain image.
    if (!started_ && !looks_coded(bytes)) inflater_.reset();
    if (inflater_ != nullptr)
        return inflater_->feed(bytes, [this](std::string_view made) { return sink_.write(made); });
    if (missing_) *missing_ -= std::min<std::uint64_t>(*missing_, bytes.size());
    return sink_.write(bytes);
}

Result<bool> DownloadReader::on_body(std::string_view bytes) {
    if (!good_) {
        kept_.append(bytes.substr(0, kept_max - std::min(kept_max, kept_.size())));
    } else {
        TRY(pass(bytes));
    }
    since_progress_ += bytes.size();
    // The first bytes end the wait for an answer; from then on the lowest speed applies.
    bool const first = !std::exchange(started_, true);
    if (!first && since_progress_ < terms_.bytes_per_idle) return false;
    since_progress_ = 0;
    return true;
}

Result<> DownloadReader::finish() const {
    if (inflater_ != nullptr && started_ && !inflater_->is_complete())
        return Error(Errc::bad_coding, "it ends too early");
    if (missing_.value_or(0) > 0)
        return Error(Errc::closed, fmt::format("{} bytes before the end", *missing_));
    return {};
}

} // namespace darkroom::net
