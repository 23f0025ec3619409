#include "jobs/read/accounts.hpp"

#include "jobs/read/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace darkroom::jobs {

namespace {

constexpr std::size_t accounts_max = 100;
constexpr int concurrency_max = 10'000;
constexpr double rate_max = 1'000; // what 'limits.rate' may be

Account read_account(Member const& element, Findings& findings) {
    constexpr std::array<std::string_view, 5> keys{"name", "token", "concurrency", "rate",
                                                   "cost_cap"};
    Section const map(element, findings, keys);
    Account account;
    account.concurrency = 0;
    account.rate = 0;
    map.read("name", account.name);
    if (auto const* name = map.find("name"); name && !is_slug(account.name))
        needs(*name, "letters, digits, '.', '_' and '-', beginning with a letter or digit",
              findings);
    if (auto const* token = map.find("token")) account.token = read_token(*token, findings);
    map.read("concurrency", account.concurrency, {1, concurrency_max});
    if (auto const* rate = map.find("rate")) account.rate = rate_of(*rate, findings).value_or(0);
    if (auto const* cap = map.find("cost_cap")) account.cost_cap = money_of(*cap, findings);
    return account;
}

} // namespace

std::vector<Account> read_accounts(Member const& list, Findings& findings) {
    auto const elements = elements_of(list, findings);
    if (list.value->is_list() && (elements.empty() || elements.size() > accounts_max))
        needs(list, fmt::format("1 to {} accounts", accounts_max), findings);
    std::vector<Account> accounts;
    std::set<std::string> names;
    for (auto const& element : elements) {
        auto account = read_account(element, findings);
        if (!names.insert(account.name).second && element.value->is_map())
            findings.error(element.value->where,
                           account.name.empty()
                               ? "an account without a name is there already"
                               : fmt::format("an account '{}' is there already", account.name));
        accounts.push_back(std::move(account));
    }
    return accounts;
}

void share_limits(std::vector<Account>& accounts, Limits& limits, Member const* stated) {
    if (accounts.empty()) return;
    auto const is_stated = [stated](std::string_view key) {
        return stated != nullptr && stated->value->find(key) != nullptr;
    };
    int places = 0;
    double rate = 0;
    for (auto& account : accounts) {
        if (account.concurrency == 0) account.concurrency = limits.concurrency;
        if (account.rate == 0) account.rate = limits.rate;
        places += account.concurrency;
        rate += account.rate;
    }
    if (!is_stated("concurrency")) limits.concurrency = std::min(places, concurrency_max);
    if (!is_stated("rate")) limits.rate = std::min(rate, rate_max);
    for (auto& account : accounts) {
        account.concurrency = std::min(account.concurrency, limits.concurrency);
        account.rate = std::min(account.rate, limits.rate);
    }
}

} // namespace darkroom::jobs
