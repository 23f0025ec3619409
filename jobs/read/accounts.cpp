#include "jobs/read/accounts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace darkroom::jobs {

namespace {

constexpr std::size_t accounts_max = 100;
constexpr int concurrency_max = 10'000;
constexpr double rate_max = 1'000; // what 'limits.rate' may be

constexpr auto token_forms = "{env: NAME}, {file: PATH} or {command: [PROGRAM, ARGUMENT…]}";

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

bool is_env_name(std::string_view text) {
    return !text.empty() && !std::isdigit(static_cast<unsigned char>(text.front())) &&
           std::all_of(text.begin(), text.end(),
                       [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

/// No part of the value is ever shown: the user may have written a real token.
TokenSource read_token(Member const& member, Findings& findings) {
    TokenSource source;
    auto const& node = *member.value;
    auto const refuse = [&](Where const& where, std::string_view why) {
        findings.error(where, fmt::format("{}: write {}", why, token_forms));
        return TokenSource();
    };
    if (node.is_text())
        return refuse(node.where, fmt::format("a {} is never written into a job file", member.key));
    auto const forms = fmt::format("'{}' has one of three forms", member.key);
    if (!node.is_map() || node.members.size() != 1)
        return refuse(node.is_null() ? member.where : node.where, forms);
    auto const& form = node.members.front();
    source.words = texts_of(form, findings);
    if (source.words.empty()) return source;
    bool const one_word = form.value->is_text();
    if (form.key == "env" && one_word) {
        source.kind = TokenSource::Kind::env;
        if (!is_env_name(source.words.front()))
            return refuse(form.value->where,
                          fmt::format("'env' takes the name of a variable, not a {}", member.key));
    } else if (form.key == "file" && one_word) {
        source.kind = TokenSource::Kind::file;
    } else if (form.key == "command" && !one_word) {
        source.kind = TokenSource::Kind::command;
    } else {
        return refuse(form.where, forms);
    }
    return source;
}

TokenSource read_proxy(Member const& member, Findings& findings) {
    auto const* env = member.value->find("env");
    bool const fits = member.value->is_map() && member.value->members.size() == 1 && env;
    auto const name = fits ? text_of(*env, findings) : std::nullopt;
    if (name && is_env_name(*name)) return {TokenSource::Kind::env, {*name}};
    auto const& where = member.value->is_null() ? member.where : member.value->where;
    findings.error(where, "'proxy' needs {env: NAME}, the variable that holds the proxy's address");
    return {};
}

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
                               ? "there is already an account without a name"
                               : fmt::format("there is already an account '{}'", account.name));
        accounts.push_back(std::move(account));
    }
    return accounts;
}

void share_limits(std::vector<Account>& accounts, Limits& limits, Member const* stated) {
    if (accounts.empty()) return;
    auto const is_stated = [stated](std::string_view key) {
        return stated != nullptr && stated->value->find(key) != nullptr;
    };
    int total = 0;
    double rate = 0;
    for (auto& account : accounts) {
        if (account.concurrency == 0) account.concurrency = limits.concurrency;
        if (account.rate == 0) account.rate = limits.rate;
        total += account.concurrency;
        rate += account.rate;
    }
    if (!is_stated("concurrency")) limits.concurrency = std::min(total, concurrency_max);
    if (!is_stated("rate")) limits.rate = std::min(rate, rate_max);
    for (auto& account : accounts) {
        account.concurrency = std::min(account.concurrency, limits.concurrency);
        account.rate = std::min(account.rate, limits.rate);
    }
}

} // namespace darkroom::jobs
