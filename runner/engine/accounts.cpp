#include "runner/engine/accounts.hpp"

#include "runner/base/backoff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace darkroom::engine {

namespace {

using ChoiceWhat = AccountChoice::What;

/// The one account of a run with one token.
std::vector<jobs::Account> or_unnamed(std::vector<jobs::Account> accounts,
                                      jobs::Limits const& limits) {
    if (!accounts.empty()) return accounts;
    jobs::Account only;
    only.concurrency = limits.concurrency;
    only.rate = limits.rate;
    return {only};
}

std::string called(std::string const& name) {
    return name.empty() ? "the account without a name" : fmt::format("the account '{}'", name);
}

Problem reached_cap(std::string const& name) {
    Problem problem;
    problem.verdict = Verdict::empty;
    problem.code = code_cost_cap;
    problem.message = fmt::format("{} has spent its cost_cap: raise it to go on", called(name));
    return problem;
}

AccountChoice wait_until(Time when) { return {ChoiceWhat::wait, 0, when, {}}; }
AccountChoice nobody(Problem why) { return {ChoiceWhat::none, 0, Time::max(), std::move(why)}; }

} // namespace

Problem no_such_account(std::string const& name) {
    Problem problem;
    problem.verdict = Verdict::account;
    problem.code = "no_account";
    problem.message = fmt::format("{} is not in the job file: only it can follow up what it made, "
                                  "or look it up",
                                  called(name));
    return problem;
}

Accounts::Account::Account(jobs::Account account, bool adaptive, Totals const& spent)
    : is(std::move(account)), window(is.concurrency, adaptive), bucket(is.rate) {
    tally.name = is.name;
    if (is.cost_cap) budget.emplace(jobs::Budget{std::nullopt, is.cost_cap}, spent);
}

bool Accounts::Account::is_over_cap_with(jobs::Micros price) const {
    return budget && !budget->allows(price) && !budget->anything_pending();
}

bool Accounts::Account::is_freer_than(Account const& other) const {
    auto const taken = std::int64_t{open} * other.window.limit();
    auto const taken_there = std::int64_t{other.open} * window.limit();
    if (taken != taken_there) return taken < taken_there;
    auto const so_far = begun * other.is.concurrency;
    return so_far < other.begun * is.concurrency;
}

Accounts::Accounts(std::vector<jobs::Account> accounts, jobs::Limits const& limits,
                   std::map<std::string, Totals> const& spent)
    : is_unnamed_(accounts.empty()), concurrency_(limits.concurrency) {
    double rates = 0;
    for (auto& account : or_unnamed(std::move(accounts), limits)) {
        rates += account.rate;
        auto const before = spent.find(account.name);
        accounts_.emplace_back(std::move(account), limits.adaptive,
                               before == spent.end() ? Totals() : before->second);
    }
    if (limits.rate < rates) bucket_.emplace(limits.rate);
}

void Accounts::set_limits(jobs::Limits const& limits) {
    concurrency_ = limits.concurrency;
    if (is_unnamed_) {
        accounts_.front().window.set_concurrency(limits.concurrency);
        accounts_.front().bucket.set_rate(limits.rate);
    } else if (bucket_) {
        bucket_->set_rate(limits.rate);
    } else {
        bucket_.emplace(limits.rate);
    }
}

std::optional<std::size_t> Accounts::find(std::string const& name) const {
    auto const found = std::find_if(accounts_.begin(), accounts_.end(),
                                    [&name](Account const& one) { return one.is.name == name; });
    if (found == accounts_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - accounts_.begin());
}

AccountChoice Accounts::choose(Time now, AccountWish const& wish) {
    park_those_over_cap(wish.price);
    if (!wish.owner) return choose_any(now, wish.price);
    auto const owner = find(*wish.owner);
    if (!owner) return nobody(no_such_account(*wish.owner));
    return within_all_limits(ask(*owner, now, wish.price), now);
}

AccountChoice Accounts::ask(std::size_t account, Time now, jobs::Micros price) const {
    auto const& one = accounts_[account];
    if (one.tally.parked) return nobody(*one.tally.parked);
    bool const can_afford = !one.budget || one.budget->allows(price);
    if (!can_afford || one.is_full()) return wait_until(Time::max());
    auto wait = one.bucket.until_next(now);
    if (one.losses > 0) wait = std::max(wait, one.held_by_loss - now);
    if (wait > Duration()) return wait_until(now + wait);
    return {ChoiceWhat::go, account, now, {}};
}

/// Follow-ups that wait for their owner go first: a new item does not take a place that one of them
/// could take now.
AccountChoice Accounts::choose_any(Time now, jobs::Micros price) const {
    std::optional<AccountChoice> best;
    for (std::size_t i = 0; i < accounts_.size(); ++i) {
        auto choice = ask(i, now, price);
        bool const claimed = accounts_[i].followers > 0;
        if (claimed && choice.what == ChoiceWhat::go) return wait_until(Time::max());
        if (claimed && choice.what == ChoiceWhat::wait) choice.when = Time::max();
        if (!best || is_better(choice, *best)) best = std::move(choice);
    }
    return within_all_limits(std::move(*best), now);
}

bool Accounts::is_better(AccountChoice const& choice, AccountChoice const& than) const {
    if (choice.what != than.what) return choice.what < than.what;
    switch (choice.what) {
    case ChoiceWhat::go: return accounts_[choice.account].is_freer_than(accounts_[than.account]);
    case ChoiceWhat::wait: return choice.when < than.when;
    case ChoiceWhat::none: break;
    }
    // An empty account is easier to repair than a refused one, so that is the reason to report.
    return choice.why.verdict == Verdict::empty && than.why.verdict != Verdict::empty;
}

AccountChoice Accounts::within_all_limits(AccountChoice choice, Time now) const {
    if (choice.what == ChoiceWhat::none) return choice;
    if (open_ >= concurrency_) return wait_until(Time::max());
    auto const wait = bucket_ ? bucket_->until_next(now) : Duration();
    if (wait <= Duration() || choice.when == Time::max()) return choice;
    return wait_until(std::max(choice.when, now + wait));
}

void Accounts::begin(std::size_t account, Time now, Time ready_since, jobs::Micros price) {
    auto& one = accounts_[account];
    if (one.budget) {
        [[maybe_unused]] bool const reserved = one.budget->reserve(price);
        assert(reserved);
    }
    one.bucket.take(now, ready_since);
    if (bucket_) bucket_->take(now, ready_since);
    ++one.open;
    ++one.begun;
    ++open_;
}

void Accounts::end(std::size_t account) {
    assert(accounts_[account].open > 0 && open_ > 0);
    --accounts_[account].open;
    --open_;
}

int Accounts::places_of(std::size_t account) const {
    return std::min(accounts_[account].window.limit(), concurrency_);
}

void Accounts::end_waiting(std::size_t account) {
    assert(accounts_[account].followers > 0);
    --accounts_[account].followers;
}

bool Accounts::have_caps() const {
    return std::any_of(accounts_.begin(), accounts_.end(),
                       [](Account const& one) { return one.budget.has_value(); });
}

Budget* Accounts::budget_of(std::optional<std::size_t> account) {
    if (!account) return nullptr;
    auto& budget = accounts_[*account].budget;
    return budget ? &*budget : nullptr;
}

void Accounts::take_over(std::optional<std::size_t> account, jobs::Micros price) {
    if (auto* budget = budget_of(account)) budget->take_over(price);
}

void Accounts::charge(std::optional<std::size_t> account, jobs::Micros price) {
    if (auto* budget = budget_of(account)) budget->charge(price, price);
}

void Accounts::release(std::optional<std::size_t> account, jobs::Micros price) {
    if (auto* budget = budget_of(account)) budget->release(price);
}

void Accounts::abandon(std::optional<std::size_t> account) {
    if (auto* budget = budget_of(account)) budget->abandon();
}

void Accounts::add(std::optional<std::size_t> account, jobs::Micros cost) {
    if (auto* budget = budget_of(account)) budget->add(cost);
}

void Accounts::count(std::optional<std::size_t> account, jobs::Micros cost) {
    if (!account) return;
    auto& tally = accounts_[*account].tally;
    ++tally.paid;
    tally.cost += cost;
}

bool Accounts::on_success(std::optional<std::size_t> account) {
    return account && accounts_[*account].window.on_success();
}

bool Accounts::slow_down(std::size_t account, Time sent, Time now, Time until) {
    auto& one = accounts_[account];
    if (one.window.on_rate_limited(sent, now) != Refusal::overload) return false;
    one.bucket.hold_until(until);
    return true;
}

void Accounts::on_loss(std::size_t account, Time now) {
    constexpr Backoff between_losses{std::chrono::seconds(1), std::chrono::seconds(60)};
    auto& one = accounts_[account];
    one.held_by_loss = now + between_losses.after(one.losses++);
}

bool Accounts::on_word(std::size_t account) {
    return std::exchange(accounts_[account].losses, 0) > 0;
}

void Accounts::park(std::size_t account, Problem why) {
    auto& parked = accounts_[account].tally.parked;
    if (parked) return;
    parked = std::move(why);
    newly_parked_.push_back(account);
}

/// A hard stop before the request that would cross the cap, as with the budget of the whole run.
void Accounts::park_those_over_cap(jobs::Micros price) {
    for (std::size_t i = 0; i < accounts_.size(); ++i) {
        if (accounts_[i].is_over_cap_with(price)) park(i, reached_cap(accounts_[i].is.name));
    }
}

std::vector<AccountTally> Accounts::newly_parked() {
    std::vector<AccountTally> tallies;
    for (auto const account : std::exchange(newly_parked_, {}))
        tallies.push_back(accounts_[account].tally);
    return tallies;
}

std::size_t Accounts::left() const {
    return static_cast<std::size_t>(std::count_if(
        accounts_.begin(), accounts_.end(), [](Account const& one) { return !one.tally.parked; }));
}

std::size_t Accounts::followers() const {
    std::size_t sum = 0;
    for (auto const& one : accounts_) sum += static_cast<std::size_t>(one.followers);
    return sum;
}

int Accounts::places() const {
    int places = 0;
    for (auto const& one : accounts_) places += one.tally.parked ? 0 : one.places();
    return std::min(places, concurrency_);
}

int Accounts::places_for_new() const {
    int places = 0;
    for (auto const& one : accounts_) {
        if (!one.tally.parked && one.followers == 0) places += std::max(0, one.places() - one.open);
    }
    return std::min(places, concurrency_ - open_);
}

std::vector<AccountTally> Accounts::tallies() const {
    std::vector<AccountTally> tallies;
    for (auto const& one : accounts_) tallies.push_back(one.tally);
    return tallies;
}

} // namespace darkroom::engine
