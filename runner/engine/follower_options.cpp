#include "runner/engine/follower_options.hpp"

#include <algorithm>

namespace darkroom::engine {

namespace {

/// A tenth of the account's rate, and at least one question a second.
Duration pace_of(EngineOptions const& options, std::string const& name) {
    double rate = options.limits.rate;
    for (auto const& account : options.accounts) {
        if (account.name == name) rate = std::min(rate, account.rate);
    }
    auto const tenth = std::chrono::duration<double>(10 / rate);
    return std::min<Duration>(std::chrono::duration_cast<Duration>(tenth), std::chrono::seconds(1));
}

} // namespace

FollowerOptions follower_options(EngineOptions const& options) {
    FollowerOptions out;
    out.settle = options.retry.settle;
    out.total = options.patience;
    out.is_own_service = options.is_own_service;
    out.pace = [&options](std::string const& account) { return pace_of(options, account); };
    return out;
}

} // namespace darkroom::engine
