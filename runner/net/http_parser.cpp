#include "runner/net/http_parser.hpp"

#include "runner/base/number.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace darkroom::net {

namespace {

constexpr std::size_t size_line_max = 4096;

Error bad(std::string text) { return {Errc::bad_answer, std::move(text)}; }

bool same_word(std::string_view a, std::string_view b) {
    auto const lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    };
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                              [&](char x, char y) { return lower(x) == lower(y); });
}

/// Removes the next line from `text` and returns it without its line end.
std::string_view next_line(std::string_view& text) {
    auto const end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// Calls `visit(value)` for each header with that name until it returns true.
template <class Visit>
void for_each_field(std::string_view fields, std::string_view name, Visit visit) {
    while (!fields.empty()) {
        auto const line = next_line(fields);
        auto const colon = line.find(':');
        if (colon == line.npos || !same_word(line.substr(0, colon), name)) continue;
        if (visit(trim(line.substr(colon + 1)))) return;
    }
}

/// Returns true when a line continues the header line before it.
bool is_folded(std::string_view line) { return line.starts_with(' ') || line.starts_with('\t'); }

/// Returns the header lines of `block` as one text, in which each has a line of its own.
std::string unfolded(std::string_view block) {
    std::string fields;
    while (!block.empty()) {
        auto const line = next_line(block);
        if (is_folded(line) && !fields.empty())
            fields.replace(fields.size() - 2, 2, " "); // RFC 9112, 5.2
        fields.append(line).append("\r\n");
    }
    return fields;
}

/// Reads a Content-Length, which may be a list of equal numbers (RFC 9112, 6.3).
std::optional<std::uint64_t> length_in(std::string_view value) {
    std::optional<std::uint64_t> length;
    for (auto const part : split(value, ',')) {
        auto const bytes = parse_whole<std::uint64_t>(trim(part));
        if (!bytes || (length && *length != *bytes)) return std::nullopt;
        length = bytes;
    }
    return length;
}

/// Returns the end of the head, its blank line included, or npos. The search begins at `at`.
std::size_t end_of_head(std::string_view text, std::size_t at) {
    while ((at = text.find('\n', at)) != text.npos) {
        auto const rest = text.substr(++at);
        if (rest.starts_with('\n')) return at + 1;
        if (rest.starts_with("\r\n")) return at + 2;
    }
    return text.npos;
}

} // namespace

std::optional<std::string_view> ResponseHead::find(std::string_view name) const {
    std::optional<std::string_view> found;
    for_each_field(fields, name, [&](std::string_view value) {
        found = value;
        return true;
    });
    return found;
}

bool ResponseHead::has_word(std::string_view name, std::string_view word) const {
    bool found = false;
    for_each_field(fields, name, [&](std::string_view value) {
        for (auto const part : split(value, ',')) found = found || same_word(trim(part), word);
        return found;
    });
    return found;
}

Result<std::size_t> ResponseParser::feed(std::string_view bytes, BodyReader& reader) {
    auto const given = bytes.size();
    while (!bytes.empty() && !done()) {
        Result<> taken;
        switch (state_) {
        case State::head: taken = take_head_bytes(bytes, reader); break;
        case State::sized:
        case State::chunk:
        case State::until_close: taken = take_body(bytes, reader); break;
        case State::chunk_size:
        case State::chunk_end:
        case State::trailers: taken = take_line(bytes); break;
        case State::done: break;
        }
        TRY(taken);
    }
    return given - bytes.size();
}

Result<> ResponseParser::end_of_stream() {
    if (state_ == State::until_close) state_ = State::done;
    if (done()) return {};
    return Error(Errc::closed, has_head() ? "in the middle of the answer" : "before an answer");
}

Result<> ResponseParser::take_head_bytes(std::string_view& bytes, BodyReader& reader) {
    auto const before = partial_.size();
    partial_.append(bytes.substr(0, head_max + 1 - before));
    auto const end = end_of_head(partial_, before - std::min<std::size_t>(before, 2));
    if (end == std::string::npos) {
        if (partial_.size() > head_max)
            return Error(Errc::head_too_large, fmt::format("more than {} bytes", head_max));
        bytes.remove_prefix(bytes.size());
        return {};
    }
    bytes.remove_prefix(end - before);
    std::string const block = std::exchange(partial_, std::string());
    TRY(parse_head(std::string_view(block).substr(0, end)));
    if (head_.status < 200) { // 100 Continue and the like: the final answer follows
        head_ = ResponseHead();
        return {};
    }
    TRY(choose_framing());
    return reader.on_head(head_);
}

Result<> ResponseParser::parse_head(std::string_view block) {
    auto const line = next_line(block);
    bool const named = line.size() >= 12 && line.starts_with("HTTP/1.") && line[8] == ' ' &&
                       (line.size() == 12 || line[12] == ' ');
    auto const status = named ? parse_whole<int>(line.substr(9, 3)) : std::nullopt;
    if (!status || *status < 100 || (line[7] != '0' && line[7] != '1'))
        return bad("the first line is no HTTP/1.1 status line");
    if (*status == 101) return bad("the server switched to another protocol unasked");
    head_.status = *status;
    head_.minor = line[7] - '0';
    head_.fields = unfolded(block);
    std::string_view rest = head_.fields;
    while (!rest.empty()) {
        auto const field = next_line(rest);
        auto const colon = field.find(':');
        if (field.empty()) break;
        if (colon == field.npos || colon == 0 || is_folded(field))
            return bad("a header line has no name");
    }
    return {};
}

Result<> ResponseParser::choose_framing() {
    keep_alive_ = head_.minor == 1 ? !head_.has_word("connection", "close")
                                   : head_.has_word("connection", "keep-alive");
    if (head_.status == 204 || head_.status == 304) {
        state_ = State::done;
        return {};
    }
    TRY_ASSIGN(bool const chunked, is_chunked());
    if (chunked) { // overrides a length; with both, the connection is not used again
        if (head_.find("content-length")) keep_alive_ = false;
        state_ = State::chunk_size;
        return {};
    }
    std::optional<std::uint64_t> length;
    bool makes_sense = true;
    for_each_field(head_.fields, "content-length", [&](std::string_view value) {
        auto const given = length_in(value);
        makes_sense = makes_sense && given && length.value_or(*given) == *given;
        length = given;
        return false;
    });
    if (!makes_sense) return bad("the content length makes no sense");
    if (!length) {
        state_ = State::until_close;
        return {};
    }
    left_ = *length;
    state_ = left_ == 0 ? State::done : State::sized;
    return {};
}

/// Reads the transfer encoding. `identity` is that of an answer without one.
Result<bool> ResponseParser::is_chunked() const {
    bool chunked = false;
    bool known = true;
    for_each_field(head_.fields, "transfer-encoding", [&](std::string_view value) {
        for (auto const part : split(value, ',')) {
            auto const coding = trim(part);
            if (same_word(coding, "identity")) continue;
            known = known && !chunked && same_word(coding, "chunked");
            chunked = true;
        }
        return false;
    });
    if (!known) return bad("the transfer encoding is not 'chunked'");
    return chunked;
}

Result<> ResponseParser::take_body(std::string_view& bytes, BodyReader& reader) {
    auto part = bytes;
    if (state_ != State::until_close)
        part =
            bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
    bytes.remove_prefix(part.size());
    if (state_ != State::until_close) {
        assert(part.size() <= left_);
        left_ -= part.size();
        if (left_ == 0) state_ = state_ == State::sized ? State::done : State::chunk_end;
    }
    TRY_ASSIGN(bool const progress, reader.on_body(part));
    progress_ = progress_ || progress;
    return {};
}

Result<> ResponseParser::take_line(std::string_view& bytes) {
    auto const end = bytes.find('\n');
    auto const part = bytes.substr(0, end);
    if (partial_.size() + part.size() > size_line_max)
        return bad("a chunk's size line is too long");
    partial_.append(part);
    bytes.remove_prefix(end == bytes.npos ? bytes.size() : end + 1);
    if (end == bytes.npos) return {};
    std::string const line = std::exchange(partial_, std::string());
    return on_line(line.ends_with('\r') ? std::string_view(line).substr(0, line.size() - 1) : line);
}

Result<> ResponseParser::on_line(std::string_view line) {
    if (state_ == State::chunk_end) {
        if (!line.empty()) return bad("a chunk is longer than it said");
        state_ = State::chunk_size;
    } else if (state_ == State::chunk_size) {
        auto const size = parse_whole<std::uint64_t>(trim(line.substr(0, line.find(';'))), 16);
        if (!size) return bad("a chunk's size cannot be read");
        left_ = *size;
        state_ = left_ == 0 ? State::trailers : State::chunk;
    } else {
        trailer_bytes_ += line.size();
        if (trailer_bytes_ > head_max) return Error(Errc::head_too_large, "in the trailers");
        if (line.empty()) state_ = State::done;
    }
    return {};
}

} // namespace darkroom::net
