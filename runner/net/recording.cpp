#include "runner/net/recording.hpp"

#include "runner/base/base64.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace darkroom::net {

namespace {

/// Headers that affect a reader of answers. No others are kept: a cookie is as secret as a token.
constexpr std::string_view kept_headers[] = {
    "content-type", "date",        "etag",          "last-modified",
    "location",     "retry-after", "content-range", "x-trace-id",
};

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
    int const descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) return system_error_of(errno, "making the recording " + path);
    std::shared_ptr<Recording> made(new Recording(std::move(path), descriptor, clock));
    json::Value first;
    first.set("darkroom_recording", 1);
    made->add(first);
    if (made->failure_.code) return made->failure_;
    return made;
}

Recording::Recording(std::string path, int descriptor, Clock& clock)
    : path_(std::move(path)), descriptor_(descriptor), clock_(clock), start_(clock.now()) {}

Recording::~Recording() { ::close(descriptor_); }

double Recording::seconds() const {
    return std::chrono::duration<double>(clock_.now() - start_).count();
}

void Recording::add(json::Value const& line) {
    if (failure_.code) return; // a recording may end early but must have no gaps
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
    if (!request.authorization.empty()) token_ = request.authorization.substr(blank + 1);
    line_.set("n", ++recording.exchanges_);
    line_.set("at", start_);
    line_.set("method", request.method);
    line_.set("url", without_token(std::move(request.url)));
    if (!request.headers.empty()) line_.set("asked_with", std::move(request.headers));
    if (!request.body.empty()) line_.set("body", without_token(std::move(request.body)));
}

RecordedExchange::~RecordedExchange() {
    if (!open_.empty()) add_piece(std::exchange(open_, ""));
    line_.set("pieces", std::move(pieces_));
    if (size_ > Recording::body_max) line_.set("left_out", static_cast<std::uint64_t>(size_));
    if (line_.find("end") == nullptr) line_.set("end", "given up");
    line_.set("seconds", elapsed());
    recording_.add(line_);
}

Result<> RecordedExchange::on_head(ResponseHead const& head) {
    json::Value headers;
    for (auto const name : kept_headers)
        if (auto const value = head.find(name))
            headers.set(name, without_token(std::string(*value)));
    is_text_ = is_text_type(head.find("content-type").value_or(""));
    line_.set("status", head.status);
    line_.set("head_after", elapsed());
    line_.set("headers", std::move(headers));
    if (auto const length = head.find("content-length")) line_.set("length", *length);
    return reader_.on_head(head);
}

Result<bool> RecordedExchange::on_body(std::string_view bytes) {
    size_ += bytes.size();
    if (size_ <= Recording::body_max) keep(bytes);
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
    bool const plain = is_text_ && is_valid_utf8(bytes);
    if (plain)
        piece.set("text", without_token(std::move(bytes)));
    else
        piece.set("base64", to_base64(bytes));
    pieces_.push_back(std::move(piece));
}

std::string RecordedExchange::without_token(std::string text) const {
    constexpr std::size_t hidden_min = 8; // a shorter text is a word of any language
    if (token_.size() < hidden_min) return text;
    constexpr std::string_view instead = "TOKEN";
    for (auto at = text.find(token_); at != std::string::npos;
         at = text.find(token_, at + instead.size()))
        text.replace(at, token_.size(), instead);
    return text;
}

void RecordedExchange::over(Reply const& reply) { line_.set("end", end_of(reply)); }

} // namespace darkroom::net
