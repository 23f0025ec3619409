#include "runner/studio/tasks/allowances.hpp"

#include "runner/base/sha256.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::studio {

namespace {

constexpr double bucket = 2; // so that a client that keeps the pace is not refused for a jitter

/// Looked up by this, never by the token: neither the time nor a file tells anything about it.
std::string payer_name(std::string_view token) { return to_hex(sha256(token)).substr(0, 16); }

std::optional<ApiError> refusal_of(TokenState state) {
    switch (state) {
    case TokenState::good: return std::nullopt;
    case TokenState::expired: return ApiError{401, "token_expired", "this token has expired"};
    case TokenState::disabled: return ApiError{403, "disabled", "this token is disabled"};
    case TokenState::mismatched:
        return ApiError{401, "token_mismatched", "this token belongs to another service"};
    }
    return std::nullopt;
}

} // namespace

Allowances::Allowances(std::vector<std::string> const& plain, std::vector<TokenRule> const& ruled)
    : open_(plain.empty() && ruled.empty()) {
    for (auto const& token : plain) {
        TokenRule rule;
        rule.running_max = 0;
        rule.rate = 0;
        purses_[payer_name(token)].rule = rule;
    }
    for (auto const& rule : ruled) {
        auto& purse = purses_[payer_name(rule.token)];
        purse.rule = rule;
        purse.rule.token.clear();
    }
}

Allowances::Purse* Allowances::find(std::string const& payer) {
    auto const found = purses_.find(payer);
    return found == purses_.end() ? nullptr : &found->second;
}

Checked<std::string> Allowances::payer_of(std::string_view authorization) const {
    if (authorization.empty())
        return ApiError{400, "no_token", "the authorization header is missing"};
    constexpr std::string_view scheme = "bearer ";
    bool const bearer = to_lower(authorization.substr(0, scheme.size())) == scheme;
    auto const token = bearer ? trim(authorization.substr(scheme.size())) : std::string_view();
    if (token.empty())
        return ApiError{401, "invalid_token", "the authorization header must be Bearer TOKEN"};
    if (open_) return std::string();
    auto payer = payer_name(token);
    auto const found = purses_.find(payer);
    if (found == purses_.end())
        return ApiError{401, "invalid_token", "this token is not known here"};
    if (auto const refused = refusal_of(found->second.rule.state)) return *refused;
    return payer;
}

bool Allowances::pace(Purse& purse, Time now) const {
    if (purse.rule.rate <= 0) return true;
    std::chrono::duration<double> const gone = now - purse.seen.value_or(now);
    purse.seen = now;
    purse.drops = std::min(bucket, purse.drops + gone.count() * purse.rule.rate);
    if (purse.drops < 1) return false;
    purse.drops -= 1;
    return true;
}

std::optional<ApiError> Allowances::begin(std::string const& payer, Time now) {
    auto* purse = find(payer);
    if (purse == nullptr) return std::nullopt;
    auto const& rule = purse->rule;
    if (rule.balance && *rule.balance == 0)
        return ApiError{403, "used_up", "the balance of this token is used up"};
    // What runs may be charged yet: nothing is spent twice, and no run is stopped too early.
    if (rule.balance && *rule.balance <= purse->running)
        return ApiError{429, "too_many_requests",
                        "what is running may take all that is left of the balance"};
    if (rule.running_max != 0 && purse->running >= rule.running_max)
        return ApiError{
            429, "too_many_requests",
            fmt::format("{} requests of this token are running already", rule.running_max)};
    if (!pace(*purse, now))
        return ApiError{429, "too_many_requests",
                        fmt::format("this token may submit {:g} times a second", rule.rate)};
    ++purse->running;
    return std::nullopt;
}

void Allowances::end(std::string const& payer, bool charged) {
    auto* purse = find(payer);
    if (purse == nullptr) return;
    if (purse->running > 0) --purse->running;
    if (charged && purse->rule.balance && *purse->rule.balance > 0) --*purse->rule.balance;
}

void Allowances::restore(std::string const& payer, bool running, bool charged) {
    auto* purse = find(payer);
    if (purse == nullptr) return;
    if (running) ++purse->running;
    if (charged && purse->rule.balance && *purse->rule.balance > 0) --*purse->rule.balance;
}

} // namespace darkroom::studio
