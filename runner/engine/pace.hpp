// Limits how fast requests leave and how many are open. Pure: time is an argument.
#pragma once

#include "runner/base/clock.hpp"

namespace darkroom::engine {

/// A token bucket of one token: submissions are at least 1/rate apart. A timer that expires late
/// costs no rate: the next token is counted from when the last was due, not from when it was taken.
class TokenBucket {
public:
    explicit TokenBucket(double per_second);
    /// Counts from the last token: the next one may come earlier now, or later.
    void set_rate(double per_second);
    /// Returns how long it takes until there is a token; zero when there is one.
    Duration until_next(Time now) const;
    Duration interval() const { return interval_; }
    /// Takes the token that is there. `ready_since` is when somebody began to wait for it.
    void take(Time now, Time ready_since);
    /// Gives no token before `when`, for example after Retry-After.
    void hold_until(Time when);

private:
    Duration interval_;
    Time next_{};                   ///< When the next token is there.
    Time held_until_ = Time::min(); ///< There is none before.
};

/// The meaning of a 429 for the requests that have not been sent.
enum class Refusal {
    stray,    ///< Nothing: the service takes nearly all.
    overload, ///< Fewer, and later.
};

/// Limits how many generations may be open: it decreases by a factor on overload, and increases
/// slowly on success.
class Window {
public:
    Window(int concurrency, bool adaptive);
    int limit() const { return limit_; }
    /// Takes another ceiling. A window that was at its ceiling stays there.
    void set_concurrency(int concurrency);
    /// Reacts to a 429 to a request that was sent at `sent`. It is stray if there were 25 successes
    /// for it, of the last 75; at the beginning the places of the window count as successes, since
    /// one refusal among many requests says little. Any other is overload: × 0.75, once per burst
    /// (answers to requests sent before the last decrease belong to that burst).
    Refusal on_rate_limited(Time sent, Time now);
    /// Counts a success: + 1 for every 25, for every 100 from the limit on at which the service
    /// last refused; never above the concurrency. Returns true when the limit was raised.
    bool on_success();

private:
    int concurrency_;
    bool adaptive_;
    int limit_;
    int ceiling_; ///< Where the service last said 429; concurrency_ while it never did.
    int successes_ = 0;
    int trust_ = 0; ///< Successes that no stray 429 has used up.
    Time lowered_at_ = Time::min();
};

} // namespace darkroom::engine
