// What went over the wire, written down so that `darkroom serve --replay` can play it again.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/json.hpp"
#include "runner/net/exchange.hpp"

#include <memory>
#include <string>

namespace darkroom::net {

/// The file of a recording; its form is in docs/service.md. Writing blocks, as in a log.
class Recording {
public:
    /// Larger bodies are noted without their bytes.
    static constexpr std::size_t body_max = 16u << 20;
    /// Once the file has this size, nothing more is recorded.
    static constexpr std::size_t file_max = std::size_t{1} << 30;

    /// Makes the file, which only its owner may read. `clock` outlives the recording.
    /// Errors: the system's; also when there is such a file already.
    static Result<std::shared_ptr<Recording>> create(std::string path, Clock& clock);
    ~Recording();
    Recording(Recording const&) = delete;
    Recording& operator=(Recording const&) = delete;

    /// Why the recording is not whole: a full disk, or its own limit. No code: it is.
    Error const& failure() const { return failure_; }

private:
    friend class RecordedExchange;
    Recording(std::string path, int descriptor, Clock& clock);
    void add(json::Value const& line);
    double seconds() const;

    std::string path_;
    int descriptor_;
    Clock& clock_;
    Time begun_;
    std::size_t size_ = 0;
    std::uint64_t exchanges_ = 0;
    Error failure_;
};

/// What is recorded of a request. The token is named only to be taken out of what comes back.
struct RecordedRequest {
    std::string method;
    std::string url;
    std::string headers; ///< Lines beside the usual ones: Accept, Range.
    std::string body;
    std::string authorization; ///< "Bearer TOKEN", or "".
};

/// One exchange on its way: passes everything on to `reader` and keeps a copy. Its line is written
/// when it goes, so that an exchange that was given up is recorded too.
class RecordedExchange final : public BodyReader {
public:
    /// Both outlive this.
    RecordedExchange(Recording& recording, RecordedRequest request, BodyReader& reader);
    ~RecordedExchange() override;

    Result<> on_head(ResponseHead const& head) override;
    Result<bool> on_body(std::string_view bytes) override;
    bool enough() const override { return reader_.enough(); }
    /// How it ended; without this call it was given up.
    void over(Reply const& reply);

private:
    double elapsed() const { return recording_.seconds() - begun_; }
    void keep(std::string_view bytes);
    void add_piece(std::string bytes);
    std::string without_token(std::string text) const;

    Recording& recording_;
    BodyReader& reader_;
    std::string token_;
    double begun_;
    json::Value line_;
    json::Array pieces_;
    std::string open_; // what came since the last line end, or the whole of a picture
    std::size_t size_ = 0;
    bool is_text_ = true;
};

} // namespace darkroom::net
