#include "runner/studio/tasks/accounts.hpp"

#include "runner/base/deadline.hpp"
#include "runner/base/text.hpp"
#include "runner/studio/tasks/account_file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::studio {

namespace asio = boost::asio;

namespace {

std::chrono::sys_days day_of(WallTime time) { return std::chrono::floor<std::chrono::days>(time); }

asio::awaitable<bool> wait_for(Gate& gate) {
    co_await gate.wait();
    co_return true;
}

} // namespace

AccountPool::AccountPool(asio::any_io_executor executor, Clock& clock,
                         std::vector<AccountRule> const& rules)
    : executor_(std::move(executor)), clock_(clock) {
    for (auto const& rule : rules) {
        Account account;
        account.rule = rule;
        accounts_.push_back(std::move(account));
    }
}

AccountPool::Permit& AccountPool::Permit::operator=(Permit&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(account_, other.account_);
    return *this;
}

AccountPool::Permit::~Permit() {
    if (pool_ != nullptr) pool_->release(account_);
}

std::string AccountPool::Permit::account() const {
    return pool_ == nullptr ? std::string() : pool_->accounts_[account_].rule.id;
}

double AccountPool::Permit::speed() const {
    return pool_ == nullptr ? 1 : pool_->accounts_[account_].rule.speed;
}

asio::awaitable<AccountPool::Permit> AccountPool::acquire(std::string owner) {
    if (accounts_.empty()) co_return Permit();
    auto const position = waiting_.emplace(waiting_.end(), executor_, std::move(owner));
    struct Leave {
        AccountPool& pool;
        Position position;
        ~Leave() { pool.remove_waiter(position); }
    } const guard{*this, position};
    assign_waiters();
    while (!position->granted) {
        co_await wait(position);
        assign_waiters();
    }
    auto const account = *position->granted;
    position->granted.reset(); // the permit holds it now
    co_return Permit(*this, account);
}

/// Waits for a wake-up, or until an account may submit again; only the first waiter sets a timer.
asio::awaitable<void> AccountPool::wait(Position position) {
    auto const when = next_ready_time();
    if (position != waiting_.begin() || !when) {
        co_await position->wakeup.wait();
        co_return;
    }
    try {
        auto woken = wait_for(position->wakeup);
        co_await with_deadline(clock_, *when, std::move(woken));
    } catch (boost::system::system_error const& error) {
        if (error.code() != asio::error::timed_out) throw;
    }
}

void AccountPool::remove_waiter(Position position) {
    auto const unused = position->granted; // a cancel came between the grant and the wake-up
    waiting_.erase(position);
    if (unused) release(*unused);
    if (!waiting_.empty()) waiting_.front().wakeup.wake_all(); // it sets the timer from now on
}

void AccountPool::release(std::size_t account) {
    --accounts_[account].running;
    assign_waiters();
}

void AccountPool::assign_waiters() {
    auto const any_ready = [this] {
        return std::any_of(accounts_.begin(), accounts_.end(),
                           [this](Account const& account) { return is_ready(account); });
    };
    for (auto waiter = waiting_.begin(); waiter != waiting_.end() && any_ready(); ++waiter) {
        if (waiter->granted) continue;
        auto const chosen = choose(waiter->owner);
        if (!chosen) continue;
        begin(accounts_[*chosen]);
        waiter->granted = chosen;
        waiter->wakeup.wake_all();
    }
}

void AccountPool::begin(Account& account) {
    auto const today = day_of(clock_.wall());
    if (account.day != today) account.today = 0;
    account.day = today;
    ++account.today;
    ++account.served;
    account.peak = std::max(account.peak, ++account.running);
    account.next = clock_.now() + account.rule.interval;
}

bool AccountPool::is_usable_today(Account const& account) const {
    if (account.rule.banned) return false;
    bool const spent = account.rule.daily_cap != 0 && account.today >= account.rule.daily_cap;
    return !spent || account.day != day_of(clock_.wall());
}

bool AccountPool::is_ready(Account const& account) const {
    return is_usable_today(account) && account.running < account.rule.slots &&
           account.next <= clock_.now();
}

std::optional<std::size_t> AccountPool::choose(std::string const& owner) const {
    std::optional<std::size_t> best;
    auto const load = [](Account const& account) {
        return std::pair(static_cast<double>(account.running) /
                             static_cast<double>(account.rule.slots),
                         account.served);
    };
    for (std::size_t i = 0; i < accounts_.size(); ++i) {
        auto const& account = accounts_[i];
        bool const ready = is_ready(account);
        if (!owner.empty() && account.rule.id == owner && is_usable_today(account))
            return ready ? std::optional(i) : std::nullopt;
        if (ready && (!best || load(account) < load(accounts_[*best]))) best = i;
    }
    return best;
}

bool AccountPool::would_wait(std::string const& owner) const {
    return !accounts_.empty() && (!waiting_.empty() || !choose(owner));
}

/// Returns when an account may submit again that has a free slot; nothing when a slot must come
/// free first.
std::optional<Time> AccountPool::next_ready_time() const {
    std::optional<Time> next;
    auto const midnight = day_of(clock_.wall()) + std::chrono::days(1);
    for (auto const& account : accounts_) {
        if (account.rule.banned || account.running >= account.rule.slots) continue;
        auto when = account.next;
        if (!is_usable_today(account)) when = clock_.now() + (midnight - clock_.wall());
        if (when <= clock_.now()) continue;
        if (!next || when < *next) next = when;
    }
    return next;
}

Checked<json::Value> AccountPool::change(std::string const& id, json::Value const& wanted) {
    auto const found = std::find_if(accounts_.begin(), accounts_.end(),
                                    [&](Account const& account) { return account.rule.id == id; });
    if (found == accounts_.end()) return ApiError{404, "not_found", "no account " + id};
    auto rule = change_account(found->rule, wanted);
    if (!rule) return bad_request(rule.error().detail);
    found->rule = std::move(*rule);
    assign_waiters();
    if (!waiting_.empty()) waiting_.front().wakeup.wake_all(); // the time may have changed
    return view(*found);
}

json::Value AccountPool::view(Account const& account) const {
    json::Value value;
    value.set("id", account.rule.id);
    value.set("slots", static_cast<std::uint64_t>(account.rule.slots));
    value.set("interval", format_duration(account.rule.interval));
    value.set("speed", account.rule.speed);
    value.set("daily_cap", account.rule.daily_cap);
    value.set("banned", account.rule.banned);
    value.set("running", static_cast<std::uint64_t>(account.running));
    value.set("peak", static_cast<std::uint64_t>(account.peak));
    value.set("served", account.served);
    return value;
}

json::Value AccountPool::to_json() const {
    json::Array list;
    for (auto const& account : accounts_) list.push_back(view(account));
    return list;
}

} // namespace darkroom::studio
