// Marks by which equal requests are counted: much quicker to make than step keys.
#pragma once

#include "jobs/services/request.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace darkroom::jobs {

struct JobSpec;

/// Two first requests have equal marks exactly if their step keys are equal, but for about one pair
/// in 2^64. A mark is not stored.
std::uint64_t mark_of(Request const& request, int repeat);

/// Makes the marks of a job whose requests differ in nothing but their prompts: without a request.
class PromptMarks {
public:
    /// Returns none where requests may differ in more.
    static std::optional<PromptMarks> of(JobSpec const& job);

    /// Returns the mark of the request that sends this prompt.
    std::uint64_t mark(std::string_view prompt, int repeat) const;

private:
    explicit PromptMarks(std::uint64_t rest) : rest_(rest) {}

    std::uint64_t rest_; ///< A hash of everything else.
};

} // namespace darkroom::jobs
