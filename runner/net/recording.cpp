#include "runner/net/recording.hpp"

#include "runner/base/base64.hpp"
#include "runner/base/text.hpp"
#include "runner/base/try.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <iterator>
#include <unistd.h>

namespace darkroom::net {

namespace {

/// Headers that affect a reader of answers. No others are kept: a cookie is as secret as a token.
constexpr std::string_view kept_headers[] = {
    "content-type", "date",        "etag",          "last-modified",
    "location",     "retry-after", "content-range", "x-trace-id",
};

/// Headers of requests that affect the answer; no others are kept.
constexpr std::string_view asked_headers[] = {"accept", "accept-encoding", "range", "if-range"};

/// Returns the lines whose headers are kept.
std::string kept_lines(std::string_view lines) {
    std::string kept;
    while (!lines.empty()) {
        auto const line = lines.substr(0, std::min(lines.find('\n'), lines.size() - 1) + 1);
        auto const name = to_lower(line.substr(0, line.find(':')));
        if (std::find(std::begin(asked_headers), std::end(asked_headers), name) !=
            std::end(asked_headers))
            kept += line;
        lines.remove_prefix(line.size());
    }
    return kept;
}

/// Replaces the user name and password of an address.
std::string without_user(std::string address) {
    auto const scheme = address.find("//");
    if (scheme == address.npos) return address;
    auto const begin = scheme + 2;
    auto const end = std::min(address.find_first_of("/?#", begin), address.size());
    auto const at = address.rfind('@', end);
    if (at == address.npos || at < begin || at >= end) return address;
    return address.replace(begin, at - begin, "TOKEN");
}

bool is_text_type(std::string_view type) {
    return !type.starts_with("image/") && !type.starts_with("video/") &&
           !type.starts_with("application/octet-stream");
}

std::string_view end_of(Reply const& reply) {
    if (!reply.error.code) return "complete";
    return reply.error.code == Errc::timed_out ? "silent" : "broken";
}

} // namespace

Result<std::shared_ptr<Recording>> Recording::create(std::string path, Clock& clock) {
    std::shared_ptr<Recording> made(new Recording(0, clock));
    TRY(made->open(std::move(path)));
    return made;
}

std::shared_ptr<Recording> Recording::of_last(std::size_t count, Clock& clock) {
    return std::shared_ptr<Recording>(new Recording(count, clock));
}

Recording::Recording(std::size_t last, Clock& clock)
    : last_(last), clock_(clock), start_(clock.now()) {}

Recording::~Recording() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<> Recording::open(std::string path) {
    path_ = std::move(path);
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor_ < 0) return system_error_of(errno, "making the recording " + path_);
    json::Value first;
    first.set("darkroom_recording", 1);
    size_ = 0;
    lines_ = 0;
    add(first);
    lines_ = 0; // that was no exchange
    if (failure_.code) return failure_;
    return {};
}

Result<> Recording::begin(std::string path, std::string older) {
    path_ = std::move(path);
    older_ = std::move(older);
    return turn_over();
}

/// Gives the present file its other name, and begins an empty one.
Result<> Recording::turn_over() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    if (std::rename(path_.c_str(), older_.c_str()) != 0 && errno != ENOENT)
        return system_error_of(errno, "renaming the recording " + path_);
    return open(path_);
}

double Recording::seconds() const {
    return std::chrono::duration<double>(clock_.now() - start_).count();
}

void Recording::add(json::Value const& line) {
    if (descriptor_ < 0 || failure_.code) return; // it may end early but must have no gaps
    if (!keeps_all() && lines_ == last_) {
        auto const turned = turn_over();
        if (turned.has_error()) failure_ = turned.error();
        if (failure_.code) return;
    }
    ++lines_;
    auto const text = json::write(line) + "\n";
    if (size_ + text.size() > file_max) {
        failure_ = system_error_of(EFBIG, "recording to " + path_);
        return;
    }
    for (std::string_view left = text; !left.empty();) {
        auto const written = ::write(descriptor_, left.data(), left.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            failure_ = system_error_of(errno, "recording to " + path_);
            return;
        }
        left.remove_prefix(static_cast<std::size_t>(written));
    }
    size_ += text.size();
}

RecordedExchange::RecordedExchange(Recording& recording, RecordedRequest request,
                                   BodyReader& reader)
    : recording_(recording), reader_(reader), start_(recording.seconds()) {
    auto const blank = request.authorization.rfind(' ');
    if (!request.authorization.empty()) recording.hide(request.authorization.substr(blank + 1));
    line_.set("n", ++recording.exchanges_);
    line_.set("at", start_);
    line_.set("method", request.method);
    line_.set("url", safe(without_user(std::move(request.url))));
    auto asked_with = kept_lines(request.headers);
    if (!asked_with.empty()) line_.set("asked_with", safe(std::move(asked_with)));
    auto const body_size = request.body.size();
    if (body_size > recording.largest_body())
        line_.set("body_left_out", static_cast<std::uint64_t>(body_size));
    else if (body_size > 0)
        line_.set("body", safe(std::move(request.body)));
}

RecordedExchange::~RecordedExchange() {
    if (!open_.empty()) add_piece(std::exchange(open_, ""));
    line_.set("pieces", std::move(pieces_));
    if (is_left_out()) line_.set("left_out", static_cast<std::uint64_t>(size_));
    if (line_.find("end") == nullptr) line_.set("end", "given up");
    line_.set("seconds", elapsed());
    recording_.add(line_);
}

Result<> RecordedExchange::on_head(ResponseHead const& head) {
    json::Value headers;
    for (auto const name : kept_headers) {
        auto const value = head.find(name);
        if (!value) continue;
        auto text = std::string(*value);
        headers.set(name, safe(name == "location" ? without_user(std::move(text)) : text));
    }
    is_text_ = is_text_type(head.find("content-type").value_or(""));
    line_.set("status", head.status);
    line_.set("head_after", elapsed());
    line_.set("headers", std::move(headers));
    if (auto const length = head.find("content-length")) line_.set("length", *length);
    return reader_.on_head(head);
}

Result<bool> RecordedExchange::on_body(std::string_view bytes) {
    constexpr char gzip_start = '\x1f'; // no text and no picture begins with it
    if (size_ == 0 && bytes.starts_with(gzip_start)) is_coded_ = true;
    size_ += bytes.size();
    if (!is_left_out()) keep(bytes);
    return reader_.on_body(bytes);
}

/// Text a line at a time, each with its time; a picture in one piece, as its timing means nothing.
void RecordedExchange::keep(std::string_view bytes) {
    open_ += bytes;
    if (!is_text_) return;
    auto const end = open_.rfind('\n');
    if (end == std::string::npos) return;
    auto rest = open_.substr(end + 1);
    open_.resize(end + 1);
    add_piece(std::exchange(open_, std::move(rest)));
}

void RecordedExchange::add_piece(std::string bytes) {
    json::Value piece;
    piece.set("after", elapsed());
    if (is_text_ && is_valid_utf8(bytes)) {
        piece.set("text", safe(std::move(bytes)));
    } else {
        recording_.secrets_.hide_in_place(bytes);
        piece.set("base64", to_base64(bytes));
    }
    pieces_.push_back(std::move(piece));
}

std::string RecordedExchange::safe(std::string text) const {
    recording_.secrets_.hide(text);
    return text;
}

void RecordedExchange::over(Reply const& reply) { line_.set("end", end_of(reply)); }

} // namespace darkroom::net
