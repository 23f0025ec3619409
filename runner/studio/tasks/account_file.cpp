#include "runner/studio/tasks/account_file.hpp"

#include "runner/base/text.hpp"
#include "runner/base/whole_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>

namespace darkroom::studio {

namespace {

/// The limit of a list of accounts or tokens.
constexpr std::size_t list_bytes_max = 16u << 20;

Error wrong_account(std::string what) { return {Errc::bad_settings, std::move(what)}; }

/// Reads members into a rule; keeps the first error.
class Members {
public:
    Members(json::Value const& value, std::span<std::string_view const> keys) : value_(value) {
        if (!value.is_object()) refuse("an entry is an object");
        if (failure_) return;
        for (auto const& [key, member] : *value.object()) {
            if (std::find(keys.begin(), keys.end(), key) == keys.end())
                refuse(fmt::format("unknown key '{}'{}", key, did_you_mean(key, keys)));
        }
    }

    void text(std::string_view key, std::string& into) {
        auto const* member = value_.find(key);
        if (member == nullptr) return;
        if (!member->is_string()) return refuse(fmt::format("'{}' is a text", key));
        into = *member->text();
    }

    template <class Whole>
    void whole(std::string_view key, Whole& into, std::int64_t least = 0) {
        auto const* member = value_.find(key);
        if (member == nullptr) return;
        auto const number = member->integer();
        if (!number || *number < least || *number > 1'000'000'000)
            return refuse(fmt::format("'{}' is a whole number from {}", key, least));
        into = static_cast<Whole>(*number);
    }

    void real(std::string_view key, double& into, double least) {
        auto const* member = value_.find(key);
        if (member == nullptr) return;
        auto const number = member->number();
        if (!number || *number < least || *number > 1e6)
            return refuse(fmt::format("'{}' is a number from {:g}", key, least));
        into = *number;
    }

    void flag(std::string_view key, bool& into) {
        auto const* member = value_.find(key);
        if (member == nullptr) return;
        if (!member->boolean()) return refuse(fmt::format("'{}' is true or false", key));
        into = *member->boolean();
    }

    void time(std::string_view key, Duration& into) {
        auto const* member = value_.find(key);
        if (member == nullptr) return;
        auto const length = parse_duration(member->text().value_or(""));
        if (!length) return refuse(fmt::format("'{}' is a time such as \"250ms\"", key));
        into = *length;
    }

    void refuse(std::string what) {
        if (!failure_) failure_ = wrong_account(std::move(what));
    }
    std::optional<Error> const& failure() const { return failure_; }

private:
    json::Value const& value_;
    std::optional<Error> failure_;
};

constexpr std::array<std::string_view, 6> account_keys{"id",    "slots",     "interval",
                                                       "speed", "daily_cap", "banned"};
constexpr std::array<std::string_view, 5> token_keys{"token", "running", "rate", "balance",
                                                     "state"};
constexpr std::array<std::string_view, 4> state_names{"good", "expired", "disabled", "mismatched"};

Result<TokenRule> read_token(json::Value const& value) {
    TokenRule rule;
    Members members(value, token_keys);
    members.text("token", rule.token);
    members.whole("running", rule.running_max);
    members.real("rate", rule.rate, 0);
    if (value.find("balance") != nullptr) members.whole("balance", rule.balance.emplace());
    std::string state(state_names.front());
    members.text("state", state);
    auto const* const found = std::find(state_names.begin(), state_names.end(), state);
    if (found == state_names.end())
        members.refuse("'state' is good, expired, disabled or mismatched");
    else
        rule.state = static_cast<TokenState>(found - state_names.begin());
    if (rule.token.empty()) members.refuse("'token' is missing");
    if (members.failure()) return *members.failure();
    return rule;
}

Result<AccountRule> read_account(json::Value const& value) {
    auto rule = change_account(AccountRule(), value);
    if (rule && rule->id.empty()) return wrong_account("'id' is missing");
    return rule;
}

/// Returns the entries of a file that is one list.
Result<json::Array> entries_of(std::string const& path) {
    TRY_ASSIGN(auto const text, read_whole_file(path, list_bytes_max));
    auto const value = json::read(text);
    if (!value) return Error(value.error().code, path + ": " + value.error().detail);
    if (!value->is_array()) return wrong_account(path + ": the file is one JSON list");
    return *value->array();
}

template <class Rule, class Read>
Result<std::vector<Rule>> load(std::string const& path, Read read) {
    auto const entries = entries_of(path);
    if (!entries) return entries.error();
    std::vector<Rule> rules;
    for (auto const& entry : *entries) {
        auto rule = read(entry);
        if (!rule)
            return wrong_account(
                fmt::format("{}: entry {}: {}", path, rules.size() + 1, rule.error().detail));
        rules.push_back(std::move(*rule));
    }
    if (rules.empty()) return wrong_account(path + ": the list is empty");
    return rules;
}

} // namespace

Result<AccountRule> change_account(AccountRule rule, json::Value const& wanted) {
    Members members(wanted, account_keys);
    if (!rule.id.empty() && wanted.find("id") != nullptr) members.refuse("'id' stays as it is");
    members.text("id", rule.id);
    members.whole("slots", rule.slots, 1);
    members.time("interval", rule.interval);
    members.real("speed", rule.speed, 0.001);
    members.whole("daily_cap", rule.daily_cap);
    members.flag("banned", rule.banned);
    if (members.failure()) return *members.failure();
    return rule;
}

Result<std::vector<AccountRule>> load_accounts(std::string const& path) {
    auto rules = load<AccountRule>(path, read_account);
    if (!rules) return rules;
    std::set<std::string> ids;
    for (auto const& rule : *rules) {
        if (!ids.insert(rule.id).second)
            return wrong_account(fmt::format("{}: the id '{}' is there twice", path, rule.id));
    }
    return rules;
}

Result<std::vector<TokenRule>> load_tokens(std::string const& path) {
    return load<TokenRule>(path, read_token);
}

} // namespace darkroom::studio
