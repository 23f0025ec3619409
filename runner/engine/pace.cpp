#include "runner/engine/pace.hpp"

#include <algorithm>
#include <cassert>

namespace darkroom::engine {

namespace {
/// A process that stalled makes up for no more than this with a burst.
constexpr Duration catch_up_max = std::chrono::milliseconds(100);
constexpr int successes_per_step = 25;
constexpr int successes_per_step_at_ceiling = 100;
constexpr int successes_per_stray = 25; ///< Overload refuses a larger part than one in 26.
constexpr int trust_max = 3 * successes_per_stray;

Duration interval_of(double per_second) {
    assert(per_second > 0);
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1.0 / per_second));
}
} // namespace

TokenBucket::TokenBucket(double per_second) : interval_(interval_of(per_second)) {}

void TokenBucket::set_rate(double per_second) {
    auto const interval = interval_of(per_second);
    if (next_ > Time()) next_ += interval - interval_;
    interval_ = interval;
}

Duration TokenBucket::until_next(Time now) const {
    return std::max(Duration(), std::max(next_, held_until_) - now);
}

void TokenBucket::take(Time now, Time ready_since) {
    assert(std::max(next_, held_until_) <= now && ready_since <= now);
    Time const due = std::max({next_, held_until_, ready_since, now - catch_up_max});
    next_ = due + interval_;
}

void TokenBucket::hold_until(Time when) { held_until_ = std::max(held_until_, when); }

Window::Window(int concurrency, bool adaptive)
    : concurrency_(concurrency), adaptive_(adaptive), limit_(concurrency), ceiling_(concurrency),
      trust_(std::min(concurrency, trust_max)) {
    assert(concurrency >= 1);
}

void Window::set_concurrency(int concurrency) {
    assert(concurrency >= 1);
    bool const was_full = limit_ == concurrency_;
    limit_ = was_full ? concurrency : std::min(limit_, concurrency);
    ceiling_ = was_full ? concurrency : std::min(ceiling_, concurrency);
    concurrency_ = concurrency;
}

Refusal Window::on_rate_limited(Time sent, Time now) {
    if (sent <= lowered_at_) return Refusal::overload; // of the same burst
    if (trust_ >= successes_per_stray) {
        trust_ -= successes_per_stray;
        return Refusal::stray;
    }
    trust_ = 0;
    if (!adaptive_) return Refusal::overload;
    lowered_at_ = now;
    successes_ = 0;
    ceiling_ = limit_;
    limit_ = std::max(1, limit_ * 3 / 4);
    return Refusal::overload;
}

bool Window::on_success() {
    trust_ = std::min(trust_ + 1, trust_max);
    if (limit_ >= concurrency_) return false;
    bool const at_ceiling = limit_ + 1 >= ceiling_;
    int const needed = at_ceiling ? successes_per_step_at_ceiling : successes_per_step;
    if (++successes_ < needed) return false;
    successes_ = 0;
    ++limit_;
    return true;
}

} // namespace darkroom::engine
