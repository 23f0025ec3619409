// A sink of a download that hides the tokens of its head.
#pragma once

#include "runner/base/byte_sink.hpp"
#include "runner/base/secrets.hpp"

namespace darkroom::provider {

/// Knows whether it was the sink that ended a transfer, and tells it no token that a header has.
class WatchedSink final : public ByteSink {
public:
    WatchedSink(ByteSink& sink, Secrets const& secrets) : sink_(sink), secrets_(secrets) {}
    Result<> begin(BodyStart const& start) override {
        auto told = start;
        secrets_.hide(told.content_type);
        if (secrets_.are_in(told.etag)) told.etag.clear(); // then it is loaded as a whole
        return watch(sink_.begin(told));
    }
    Result<> write(std::string_view bytes) override { return watch(sink_.write(bytes)); }
    bool failed() const { return failed_; }

private:
    Result<> watch(Result<> done) {
        failed_ = failed_ || !done;
        return done;
    }
    ByteSink& sink_;
    Secrets const& secrets_;
    bool failed_ = false;
};

} // namespace darkroom::provider
