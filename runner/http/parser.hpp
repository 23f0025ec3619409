// HTTP messages out of bytes as they come. Only parser.cpp knows the library that reads them.
#pragma once

#include "runner/base/error.hpp"
#include "runner/http/exchange.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace darkroom::http {

/// Sizes above these are errors; see refusal_status().
struct ParserLimits {
    std::size_t header_bytes = 8u << 10;
    std::size_t body_bytes = 1u << 20;
};

/// Reads one message. put() stops behind the header until expect_body() is called.
class MessageParser {
public:
    virtual ~MessageParser() = default;
    /// Parses the beginning of `bytes` and returns how many were used. `needs_more` is set when the
    /// rest of a line or of a chunk's head has to come first. Errors: by `ec`.
    virtual std::size_t put(std::string_view bytes, bool& needs_more, error_code& ec) = 0;
    /// The peer sends nothing more. Errors: by `ec`, when the message is not complete or has not
    /// begun.
    virtual void put_end(error_code& ec) = 0;
    /// From now on put() reads to the end of the message.
    virtual void expect_body() = 0;
    virtual bool has_header() const = 0;
    virtual bool is_complete() const = 0;
};

class RequestParser final : public MessageParser {
public:
    explicit RequestParser(ParserLimits limits);
    ~RequestParser() override;
    std::size_t put(std::string_view bytes, bool& needs_more, error_code& ec) override;
    void put_end(error_code& ec) override;
    void expect_body() override;
    bool has_header() const override;
    bool is_complete() const override;

    bool is_http_1_0() const; ///< Once the header is there; before it false.
    bool keep_alive() const;
    bool expects_continue() const;
    /// Moves the request out; nothing else may be called after it.
    Request take();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

class ResponseParser final : public MessageParser {
public:
    explicit ResponseParser(ParserLimits limits);
    ~ResponseParser() override;
    std::size_t put(std::string_view bytes, bool& needs_more, error_code& ec) override;
    void put_end(error_code& ec) override;
    void expect_body() override;
    bool has_header() const override;
    bool is_complete() const override;

    int status() const;
    std::string location() const; ///< Empty when there is none.
    std::string take_body();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Returns the status that answers a parser's error: 400, 413 or 431; 0 when the peer is gone or
/// idle, or the error is none of a parser's.
int refusal_status(error_code const& ec);

/// The error of a reader whose parser leaves too many bytes unused.
error_code overflow_error();

/// Returns "Not Found" for 404, and "<unknown-status>" for a status that has no name.
std::string reason_of(int status);

} // namespace darkroom::http
