// Parses one POST to the callback listener. Pure: no socket, no clock.
#pragma once

#include "runner/net/hook.hpp"
#include "runner/net/http_parser.hpp"

#include <string>
#include <string_view>

namespace darkroom::net {

/// Reads one request, in pieces of any size, to a path that only the listener and the service know.
class HookRequest {
public:
    static constexpr std::size_t head_max = 16u << 10;
    static constexpr std::size_t body_max = 1u << 20;

    /// The longest tag.
    static constexpr std::size_t tag_max = 64;

    /// `secret` is the last part of the path, or the one before a tag of hexadecimal digits.
    explicit HookRequest(std::string secret) : secret_(std::move(secret)) {}

    /// Takes the next bytes; true once status() is decided.
    bool feed(std::string_view bytes);
    /// Returns 0 while it is being read, 200 when body() is complete, otherwise the status to
    /// answer.
    int status() const { return status_; }
    std::string const& body() const { return body_.text; }
    HookPost post() const { return {body_.text, tag_}; }

private:
    struct Body final : BodyReader {
        Result<> on_head(ResponseHead const& head) override;
        Result<bool> on_body(std::string_view bytes) override;
        std::string text;
        bool too_large = false;
    };

    void take_head(std::string_view line);
    void take_body(std::string_view bytes);

    std::string secret_;
    std::string tag_;
    std::string head_; // as far as it is read
    ResponseParser framing_;
    Body body_;
    bool in_body_ = false;
    int status_ = 0;
};

} // namespace darkroom::net
