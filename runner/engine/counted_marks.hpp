// The order of sending within one process, where no file of the run directory keeps it.
#pragma once

#include "runner/engine/ports.hpp"

namespace darkroom::engine {

/// Counts on from the numbers of earlier runs; of those it knows nothing more.
class CountedMarks final : public SendMarks {
public:
    /// `last`: the highest number that earlier runs have given.
    explicit CountedMarks(std::uint64_t last) : first_(last + 1), next_(last + 2) {}

    std::string const& boot() const override { return boot_; }
    std::uint64_t next_attempt() override { return next_++; }
    std::uint64_t mark(std::uint64_t) override { return next_++; }
    std::uint64_t last_order() const override { return next_ - 1; }
    std::optional<std::uint64_t> order_of(std::uint64_t, std::string const&) const override {
        return std::nullopt;
    }
    SendOrder bounds_of(std::uint64_t, std::string const&) const override { return {0, first_}; }

private:
    std::string boot_;
    std::uint64_t first_;
    std::uint64_t next_;
};

} // namespace darkroom::engine
