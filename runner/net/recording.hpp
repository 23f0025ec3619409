// Records exchanges for `darkroom serve --replay`.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/json.hpp"
#include "runner/base/secrets.hpp"
#include "runner/net/exchange.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace darkroom::net {

/// A recording's file, whose format is in docs/service.md. Writing blocks, as for a log.
class Recording {
public:
    /// Larger bodies, and those that are coded, are recorded without their bytes.
    static constexpr std::size_t body_max = 16u << 20;
    /// Larger texts are left out of the last exchanges, and so is every picture.
    static constexpr std::size_t kept_body_max = 64u << 10;
    /// Recording stops when the file has this size.
    static constexpr std::size_t file_max = std::size_t{1} << 30;

    /// Creates the file, which only its owner may read. `clock` outlives the recording.
    /// Errors: the system's; also when the file exists already.
    static Result<std::shared_ptr<Recording>> create(std::string path, Clock& clock);
    /// Keeps the last `count` exchanges, for a bug report, once it is begun.
    static std::shared_ptr<Recording> of_last(std::size_t count, Clock& clock);
    /// Begins to keep the last exchanges in `path`: when it has as many, it becomes `older`. What
    /// an earlier run has left there is the first to do so. Errors: the system's.
    Result<> begin(std::string path, std::string older);
    ~Recording();
    Recording(Recording const&) = delete;
    Recording& operator=(Recording const&) = delete;

    /// Takes a secret out of all that is recorded from now on. The token of each request is one
    /// without this call.
    void hide(std::string_view secret) { secrets_.add(secret); }
    /// Returns why the recording is incomplete: a full disk, or its own limit. No code: it is
    /// complete.
    Error const& failure() const { return failure_; }

private:
    friend class RecordedExchange;
    Recording(std::size_t last, Clock& clock);
    Result<> open(std::string path);
    Result<> turn_over();
    void add(json::Value const& line);
    double seconds() const;
    bool keeps_all() const { return last_ == 0; }
    std::size_t largest_body() const { return keeps_all() ? body_max : kept_body_max; }

    std::string path_;
    std::string older_;    // of the last exchanges
    int descriptor_ = -1;  // not begun
    std::size_t last_ = 0; // how many are kept; 0: all
    std::size_t lines_ = 0;
    Clock& clock_;
    Time start_;
    std::size_t size_ = 0;
    std::uint64_t exchanges_ = 0;
    Secrets secrets_;
    Error failure_;
};

/// A request to be recorded: without its authorization, which is known only to remove the token
/// from all the rest.
struct RecordedRequest {
    std::string method;
    std::string url;
    std::string headers; ///< Whole lines, of which those about the wanted answer are recorded.
    std::string body;
    std::string authorization; ///< "Bearer TOKEN", or "".
};

/// Passes one exchange on to `reader` and keeps a copy. The destructor writes its line, so that a
/// cancelled exchange is recorded too.
class RecordedExchange final : public BodyReader {
public:
    /// `recording` and `reader` outlive this object.
    RecordedExchange(Recording& recording, RecordedRequest request, BodyReader& reader);
    ~RecordedExchange() override;

    Result<> on_head(ResponseHead const& head) override;
    Result<bool> on_body(std::string_view bytes) override;
    bool enough() const override { return reader_.enough(); }
    /// Notes the end of the exchange; without this call it counts as cancelled.
    void over(Reply const& reply);

private:
    bool is_left_out() const {
        return is_coded_ || size_ > recording_.largest_body() ||
               (!is_text_ && !recording_.keeps_all());
    }
    double elapsed() const { return recording_.seconds() - start_; }
    void keep(std::string_view bytes);
    void add_piece(std::string bytes);
    std::string safe(std::string text) const;

    Recording& recording_;
    BodyReader& reader_;
    double start_;
    json::Value line_;
    json::Array pieces_;
    std::string open_; // bytes since the last line end, or a whole image
    std::size_t size_ = 0;
    bool is_text_ = true;
    bool is_coded_ = false; // gzip: no secret could be found in it
};

} // namespace darkroom::net
