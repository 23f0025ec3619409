// The limits of each bearer token: requests at once, in a second, and in all.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/studio/http/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace darkroom::studio {

enum class TokenState { good, expired, disabled, mismatched };

/// The published defaults.
struct TokenRule {
    std::string token;
    std::size_t running_max = 5;          ///< Requests at once; 0: no limit.
    double rate = 1;                      ///< Submissions a second, two at once; 0: no limit.
    std::optional<std::uint64_t> balance; ///< Charges that are left; nothing: no limit.
    TokenState state = TokenState::good;
};

/// Counts for each token separately. A token is identified by a few digits of its hash, its payer
/// name, so that nothing that is kept or shown contains it.
class Allowances {
public:
    /// `plain` tokens have no limits. Without both lists any token is accepted, without limits.
    Allowances(std::vector<std::string> const& plain, std::vector<TokenRule> const& ruled);

    /// Returns true when there are no lists.
    bool takes_any() const { return open_; }
    /// Returns the payer of a request by its authorization header. Errors: 400 no_token, 401
    /// invalid_token, token_expired, token_mismatched, 403 disabled.
    Checked<std::string> payer_of(std::string_view authorization) const;
    /// Counts one more submission. Errors: 429 too_many_requests, 403 used_up; then it is not
    /// counted.
    std::optional<ApiError> begin(std::string const& payer, Time now);
    /// Ends a submission that begin() has counted.
    void end(std::string const& payer, bool charged);
    /// Counts a submission of an earlier process: as a running one, or only its charge.
    void restore(std::string const& payer, bool running, bool charged);

private:
    struct TokenUsage {
        TokenRule rule;
        std::size_t running = 0;
        double bucket_level = 2;  ///< Tokens in the bucket of the rate.
        std::optional<Time> seen; ///< The time of the last refill.
    };
    bool pace(TokenUsage& usage, Time now) const;
    TokenUsage* find(std::string const& payer);

    bool open_ = false;
    std::unordered_map<std::string, TokenUsage> usages_;
};

} // namespace darkroom::studio
