#include "runner/engine/retry.hpp"

#include "runner/base/backoff.hpp"

#include <array>
#include <cassert>

namespace darkroom::engine {

namespace {

constexpr std::array<std::string_view, 7> remedy_names{"again", "slow_down",   "look_up", "give_up",
                                                       "leave", "stop_paying", "stop_all"};

Duration retry_wait(jobs::Retry const& policy, Problem const& problem, int failures,
                    double chance) {
    Backoff const backoff{policy.base, policy.cap};
    return with_hint(backoff.after(failures, chance), problem.retry_after);
}

Decision again_within_attempts(Problem const& problem, Attempt attempt, jobs::Retry const& policy,
                               Remedy otherwise = Remedy::give_up) {
    if (attempt.failed_before + 1 >= policy.attempts) return {otherwise, {}};
    return {Remedy::again, retry_wait(policy, problem, attempt.failed_before, attempt.chance)};
}

} // namespace

std::string_view name_of(Remedy remedy) {
    return remedy_names.at(static_cast<std::size_t>(remedy));
}

Decision decide(Problem const& problem, Attempt attempt, jobs::Retry const& policy) {
    switch (problem.verdict) {
    case Verdict::transient: return again_within_attempts(problem, attempt, policy, Remedy::leave);
    case Verdict::generation: return again_within_attempts(problem, attempt, policy);
    case Verdict::rate:
        return {Remedy::slow_down,
                retry_wait(policy, problem, attempt.rate_before, attempt.chance)};
    case Verdict::unknown: return {Remedy::look_up, {}};
    case Verdict::rejected: return {Remedy::give_up, {}};
    case Verdict::account:
    case Verdict::empty: return {Remedy::stop_paying, {}};
    case Verdict::disk: return {Remedy::stop_all, {}};
    case Verdict::expired:
    case Verdict::download: break; // these are about images, never about a paid request
    }
    assert(false);
    return {Remedy::give_up, {}};
}

Remedy remedy_of_look_up(Problem const& problem) {
    bool const of_the_account =
        problem.verdict == Verdict::account || problem.verdict == Verdict::empty;
    return of_the_account ? Remedy::stop_paying : Remedy::again;
}

Decision decide_download(Problem const& problem, Attempt attempt, jobs::Retry const& policy) {
    if (problem.verdict == Verdict::disk) return {Remedy::stop_all, {}};
    return again_within_attempts(problem, attempt, policy);
}

} // namespace darkroom::engine
