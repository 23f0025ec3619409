// Watches the bytes of a download on their way to the disk.
#pragma once

#include "runner/base/byte_sink.hpp"

#include <algorithm>

namespace darkroom::engine {

/// Counts how far a download comes, and knows whether it was the draft that ended it.
class Arrival final : public ByteSink {
public:
    explicit Arrival(ByteSink& draft) : draft_(draft) {}
    Result<> begin(BodyStart const& start) override {
        at_ = start.offset;
        return watch(draft_.begin(start));
    }
    Result<> write(std::string_view bytes) override {
        at_ += bytes.size();
        furthest_ = std::max(furthest_, at_);
        return watch(draft_.write(bytes));
    }
    std::uint64_t furthest() const { return furthest_; }
    bool is_refused() const { return is_refused_; }

private:
    Result<> watch(Result<> done) {
        is_refused_ = is_refused_ || done.has_error();
        return done;
    }
    ByteSink& draft_;
    std::uint64_t at_ = 0;
    std::uint64_t furthest_ = 0;
    bool is_refused_ = false;
};

} // namespace darkroom::engine
