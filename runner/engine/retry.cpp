#include "runner/engine/retry.hpp"

#include "runner/base/backoff.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <span>

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
    bool const is_last = attempt.failed_before + 1 >= policy.attempts;
    if (is_last || is_http_version_wrong(problem)) return {otherwise, {}};
    return {Remedy::again, retry_wait(policy, problem, attempt.failed_before, attempt.chance)};
}

bool is_one_of(std::string_view code, std::span<std::string_view const> codes) {
    return std::find(codes.begin(), codes.end(), code) != codes.end();
}

/// Returns whether only another link can help: there is none, or it leads to something else.
bool is_asked_once(Problem const& problem) {
    static constexpr std::array<std::string_view, 6> codes{
        "no_link", "bad_url", "not_held", "wrong_size", "too_large", "not_an_image"};
    return is_one_of(problem.code, codes);
}

/// Returns whether the link is dead, or nobody listens where it leads (a service that was started
/// again elsewhere).
bool leads_nowhere(Problem const& problem) {
    static constexpr std::array<std::string_view, 2> codes{"connection_refused", "no_address"};
    return problem.verdict == Verdict::expired || is_one_of(problem.code, codes);
}

bool is_damaged(Problem const& problem) {
    static constexpr std::array<std::string_view, 3> codes{"damaged_image", "wrong_length",
                                                           "bad_coding"};
    return is_one_of(problem.code, codes);
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
    bool const is_over = of_the_account || is_http_version_wrong(problem);
    return is_over ? Remedy::stop_paying : Remedy::again;
}

bool lacks_files(Problem const& problem) {
    return problem.verdict == Verdict::rate && problem.code == "too_many_open_files";
}

DownloadDecision decide_download(Problem const& problem, DownloadAttempt attempt,
                                 jobs::Retry const& policy) {
    DownloadDecision decision;
    if (problem.verdict == Verdict::disk) {
        decision.remedy = Remedy::stop_all;
        return decision;
    }
    bool const is_limited = problem.verdict == Verdict::rate;
    if (is_limited || attempt.has_progress) {
        int const failures = is_limited ? attempt.rate_before : 0;
        decision.remedy = is_limited ? Remedy::slow_down : Remedy::again;
        decision.wait = retry_wait(policy, problem, failures, attempt.chance);
        return decision;
    }
    decision.counts = true;
    bool const was_asked = attempt.is_link_fresh;
    bool const is_last = attempt.failed_before + 1 >= policy.attempts;
    if (is_last || is_http_version_wrong(problem)) return decision;
    if (was_asked && is_asked_once(problem)) return decision;
    bool const one_is_left = attempt.failed_before + 2 >= policy.attempts;
    bool const may_be_the_link = is_asked_once(problem) || (one_is_left && is_damaged(problem));
    decision.remedy = Remedy::again;
    // A fresh link may die as well.
    decision.needs_link = leads_nowhere(problem) || (may_be_the_link && !was_asked);
    decision.wait = retry_wait(policy, problem, attempt.failed_before, attempt.chance);
    return decision;
}

} // namespace darkroom::engine
