#include "runner/studio/tasks/allowances.hpp"

#include "runner/base/sha256.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::studio {

namespace {

constexpr double bucket = 2; // a client that keeps the rate is not refused because of jitter

/// Returns the name that a token is looked up by, so that neither timing nor a file reveals it.
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
        usages_[payer_name(token)].rule = rule;
    }
    for (auto const& rule : ruled) {
        auto& usage = usages_[payer_name(rule.token)];
        usage.rule = rule;
        usage.rule.token.clear();
    }
}

Allowances::TokenUsage* Allowances::find(std::string const& payer) {
    auto const found = usages_.find(payer);
    return found == usages_.end() ? nullptr : &found->second;
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
    auto const found = usages_.find(payer);
    if (found == usages_.end())
        return ApiError{401, "invalid_token", "this token is not known here"};
    if (auto const refused = refusal_of(found->second.rule.state)) return *refused;
    return payer;
}

bool Allowances::pace(TokenUsage& usage, Time now) const {
    if (usage.rule.rate <= 0) return true;
    std::chrono::duration<double> const gone = now - usage.seen.value_or(now);
    usage.seen = now;
    usage.bucket_level = std::min(bucket, usage.bucket_level + gone.count() * usage.rule.rate);
    if (usage.bucket_level < 1) return false;
    usage.bucket_level -= 1;
    return true;
}

std::optional<ApiError> Allowances::begin(std::string const& payer, Time now) {
    auto* usage = find(payer);
    if (usage == nullptr) return std::nullopt;
    auto const& rule = usage->rule;
    if (rule.balance && *rule.balance == 0)
        return ApiError{403, "used_up", "the balance of this token is used up"};
    // Running requests may still be charged: the balance is not spent twice.
    if (rule.balance && *rule.balance <= usage->running)
        return ApiError{429, "too_many_requests",
                        "what is running may take all that is left of the balance"};
    if (rule.running_max != 0 && usage->running >= rule.running_max)
        return ApiError{
            429, "too_many_requests",
            fmt::format("{} requests of this token are running already", rule.running_max)};
    if (!pace(*usage, now))
        return ApiError{429, "too_many_requests",
                        fmt::format("this token may submit {:g} times a second", rule.rate)};
    ++usage->running;
    return std::nullopt;
}

void Allowances::end(std::string const& payer, bool charged) {
    auto* usage = find(payer);
    if (usage == nullptr) return;
    if (usage->running > 0) --usage->running;
    if (charged && usage->rule.balance && *usage->rule.balance > 0) --*usage->rule.balance;
}

void Allowances::restore(std::string const& payer, bool running, bool charged) {
    auto* usage = find(payer);
    if (usage == nullptr) return;
    if (running) ++usage->running;
    if (charged && usage->rule.balance && *usage->rule.balance > 0) --*usage->rule.balance;
}

} // namespace darkroom::studio
