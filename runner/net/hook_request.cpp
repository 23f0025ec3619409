#include "runner/net/hook_request.hpp"

#include <algorithm>

namespace darkroom::net {

namespace {

/// Returns the last part of a path if it may be a tag; otherwise "".
std::string_view tag_at_end(std::string_view path) {
    auto const tag = path.substr(path.rfind('/') + 1);
    bool const fit = tag.size() < path.size() && tag.size() <= HookRequest::tag_max &&
                     tag.find_first_not_of("0123456789abcdef") == tag.npos;
    return fit ? tag : std::string_view();
}

} // namespace

Result<> HookRequest::Body::on_head(ResponseHead const& head) {
    (void)head;
    return {};
}

Result<bool> HookRequest::Body::on_body(std::string_view bytes) {
    too_large = text.size() + bytes.size() > body_max;
    if (too_large) return Error(Errc::body_too_large, "a callback");
    text += bytes;
    return true;
}

bool HookRequest::feed(std::string_view bytes) {
    if (status_ != 0) return true;
    if (in_body_) {
        take_body(bytes);
        return status_ != 0;
    }
    auto const before = head_.size();
    head_ += bytes;
    auto const end = head_.find("\r\n\r\n", before - std::min<std::size_t>(before, 3));
    if (end == std::string::npos) {
        if (head_.size() > head_max) status_ = 431;
        return status_ != 0;
    }
    auto const line_end = head_.find("\r\n");
    take_head(std::string_view(head_).substr(0, line_end));
    if (status_ != 0) return true;
    // Headers and body have the same framing in a request as in an answer: one parser for both.
    in_body_ = true;
    head_.replace(0, line_end, "HTTP/1.1 200 OK");
    take_body(head_);
    head_ = std::string();
    return status_ != 0;
}

void HookRequest::take_head(std::string_view line) {
    auto const method_end = line.find(' ');
    auto const target_end = line.find(' ', method_end + 1);
    auto const is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
    bool const whole = std::none_of(line.begin(), line.end(), is_control) &&
                       method_end != std::string_view::npos &&
                       target_end != std::string_view::npos &&
                       line.substr(target_end + 1).starts_with("HTTP/1.");
    if (!whole) {
        status_ = 400;
        return;
    }
    auto target = line.substr(method_end + 1, target_end - method_end - 1);
    target = target.substr(0, target.find('?'));
    // A proxy may have changed the start of the path.
    auto const tag = tag_at_end(target);
    if (target.substr(0, target.size() - tag.size()).ends_with("/" + secret_ + "/"))
        tag_ = tag;
    else if (!target.ends_with("/" + secret_))
        status_ = 404;
    if (status_ != 0) return;
    if (line.substr(0, method_end) != "POST") status_ = 405;
}

void HookRequest::take_body(std::string_view bytes) {
    auto const used = framing_.feed(bytes, body_);
    if (used.has_error())
        status_ = body_.too_large ? 413 : 400;
    else if (framing_.done())
        status_ = 200;
    else if (framing_.until_close())
        status_ = 411; // without a length, a request has no body
}

} // namespace darkroom::net
