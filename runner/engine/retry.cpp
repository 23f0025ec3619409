#include "runner/engine/retry.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace darkroom::engine {

namespace {

constexpr std::array<std::string_view, 6> cure_names{"again",   "slow_down",   "look_up",
                                                     "give_up", "stop_paying", "stop_all"};

/// A hint of the service is obeyed even beyond the cap, but never for longer than this.
constexpr Duration hint_max = std::chrono::hours(1);

Duration wait_for(Problem const& problem, Duration own) {
    if (!problem.retry_after) return own;
    return std::max(own, std::min(*problem.retry_after, hint_max));
}

Decision again_within_attempts(Problem const& problem, Attempt attempt, jobs::Retry const& policy) {
    if (attempt.failed_before + 1 >= policy.attempts) return {Cure::give_up, {}};
    auto const own = backoff(policy, attempt.failed_before, attempt.chance);
    return {Cure::again, wait_for(problem, own)};
}

} // namespace

std::string_view name_of(Cure cure) { return cure_names.at(static_cast<std::size_t>(cure)); }

Duration backoff(jobs::Retry const& policy, int failed_before, double chance) {
    assert(chance >= 0 && chance < 1 && failed_before >= 0);
    Duration limit = std::min(policy.base, policy.cap);
    for (int i = 0; i < failed_before && limit < policy.cap; ++i)
        limit = std::min(limit * 2, policy.cap);
    return Duration(static_cast<Duration::rep>(chance * static_cast<double>(limit.count())));
}

Decision decide(Problem const& problem, Attempt attempt, jobs::Retry const& policy) {
    switch (problem.verdict) {
    case Verdict::transient:
    case Verdict::generation: return again_within_attempts(problem, attempt, policy);
    case Verdict::rate: {
        auto const own = backoff(policy, attempt.rate_before, attempt.chance);
        return {Cure::slow_down, wait_for(problem, own)};
    }
    case Verdict::unknown: return {Cure::look_up, {}};
    case Verdict::rejected: return {Cure::give_up, {}};
    case Verdict::refused:
    case Verdict::empty: return {Cure::stop_paying, {}};
    case Verdict::disk: return {Cure::stop_all, {}};
    case Verdict::expired:
    case Verdict::download: break; // these are about images, never about a paid request
    }
    assert(false);
    return {Cure::give_up, {}};
}

Cure cure_of_look_up(Problem const& problem) {
    bool const of_the_account =
        problem.verdict == Verdict::refused || problem.verdict == Verdict::empty;
    return of_the_account ? Cure::stop_paying : Cure::again;
}

Decision decide_download(Problem const& problem, Attempt attempt, jobs::Retry const& policy) {
    if (problem.verdict == Verdict::disk) return {Cure::stop_all, {}};
    return again_within_attempts(problem, attempt, policy);
}

} // namespace darkroom::engine
