// Readers for the three kinds of answers.
#pragma once

#include "runner/base/byte_sink.hpp"
#include "runner/net/http_parser.hpp"
#include "runner/net/inflater.hpp"
#include "runner/net/line_splitter.hpp"

#include <memory>
#include <optional>
#include <string>

namespace darkroom::net {

/// Keeps the whole body, up to a limit.
class WholeReader : public BodyReader {
public:
    explicit WholeReader(std::size_t limit) : limit_(limit) {}
    Result<> on_head(ResponseHead const& head) override;
    /// Errors: Errc::body_too_large.
    Result<bool> on_body(std::string_view bytes) override;
    std::string take_body() { return std::move(body_); }

private:
    std::size_t limit_;
    std::string body_;
};

/// Passes the lines of a 2xx answer to a sink and keeps any other body.
class StreamReader : public BodyReader {
public:
    StreamReader(LineSink& sink, std::size_t limit) : lines_(sink), other_(limit) {}
    Result<> on_head(ResponseHead const& head) override;
    Result<bool> on_body(std::string_view bytes) override;
    bool enough() const override { return lines_.enough(); }
    /// Call it at the end of the body: a last line without a line end still counts.
    Result<> finish() { return lines_.finish(); }
    std::string take_body() { return other_.take_body(); }

private:
    LineSplitter lines_;
    WholeReader other_;
    bool good_ = false;
};

/// The first byte and the lowest speed of a download.
struct DownloadTerms {
    std::uint64_t offset = 0;
    std::size_t bytes_per_idle = 1;
    std::string etag; ///< The version that a part from `offset` on must have: see BodyStart.
};

/// Passes a 200 or 206 to a sink, without a coding of gzip or deflate, and keeps the start of any
/// other body.
class DownloadReader : public BodyReader {
public:
    static constexpr std::size_t kept_max = 64u << 10;
    static constexpr std::uint64_t decoded_max = 1u << 30;

    DownloadReader(ByteSink& sink, DownloadTerms terms) : sink_(sink), terms_(terms) {}
    /// Errors: Errc::bad_range, bad_coding, or the sink's.
    Result<> on_head(ResponseHead const& head) override;
    Result<bool> on_body(std::string_view bytes) override;
    /// Call it at the end of a complete answer. Errors: Errc::closed when the image goes on,
    /// bad_coding.
    Result<> finish() const;
    std::string take_body() { return std::move(kept_); }

private:
    Result<> check_part(ResponseHead const& head, BodyStart const& start);
    Result<> begin_decoding(ResponseHead const& head);
    Result<> pass(std::string_view bytes);

    ByteSink& sink_;
    DownloadTerms terms_;
    std::unique_ptr<Inflater> inflater_;   // null: the body is not coded
    std::optional<std::uint64_t> missing_; // bytes to the end of the image, if a 206 says
    std::size_t since_progress_ = 0;
    std::string kept_;
    bool good_ = false;
    bool started_ = false;
};

} // namespace darkroom::net
