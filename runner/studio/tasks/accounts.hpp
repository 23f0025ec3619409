// The upstream accounts of the service: which account draws which task, and when.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/gate.hpp"
#include "runner/base/json.hpp"
#include "runner/studio/http/error.hpp"
#include "runner/studio/tasks/account_rule.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <list>
#include <string>
#include <vector>

namespace darkroom::studio {

/// Assigns tasks to accounts: to the one with the largest share of free slots, an image's
/// follow-ups to the account that has the image (unless it is banned or has reached its daily cap).
/// A task without a free slot waits, first come first served. Without accounts all tasks run at
/// once. Belongs to one thread; outlives its permits.
class AccountPool {
public:
    AccountPool(boost::asio::any_io_executor executor, Clock& clock,
                std::vector<AccountRule> const& rules);

    /// Holds one slot until destroyed.
    class Permit {
    public:
        Permit() = default;
        Permit(AccountPool& pool, std::size_t account) : pool_(&pool), account_(account) {}
        Permit(Permit&& other) noexcept
            : pool_(std::exchange(other.pool_, nullptr)), account_(other.account_) {}
        Permit& operator=(Permit&& other) noexcept;
        ~Permit();

        std::string account() const; ///< Empty when there are no accounts.
        double speed() const;

    private:
        AccountPool* pool_ = nullptr;
        std::size_t account_ = 0;
    };

    /// Completes when an account has a free slot; `owner`: the account of the parent image, or "".
    /// Cancel: terminal; the waiter leaves the queue.
    boost::asio::awaitable<Permit> acquire(std::string owner);
    /// True when acquire() would have to wait now.
    bool would_wait(std::string const& owner) const;
    std::size_t waiting() const { return waiting_.size(); }

    /// Changes `slots`, `interval`, `speed`, `daily_cap`, `banned`; applies to tasks that begin
    /// from now on. Errors: 404 not_found, 400 bad_request; then nothing is changed.
    Checked<json::Value> change(std::string const& id, json::Value const& wanted);
    /// Returns `[{"id", "slots", "running", "peak", "served", "banned", …}]`.
    json::Value to_json() const;

private:
    struct Account {
        AccountRule rule;
        std::size_t running = 0;
        std::size_t peak = 0;
        std::uint64_t served = 0;
        std::uint64_t today = 0;
        std::chrono::sys_days day{};
        Time next{}; ///< When it may submit again.
    };
    struct Waiter {
        Waiter(boost::asio::any_io_executor const& executor, std::string whose)
            : owner(std::move(whose)), wakeup(executor) {}
        std::string owner;
        Gate wakeup;
        std::optional<std::size_t> granted;
    };
    using Position = std::list<Waiter>::iterator;

    void assign_waiters();
    std::optional<std::size_t> choose(std::string const& owner) const;
    bool is_usable_today(Account const& account) const;
    bool is_ready(Account const& account) const;
    void begin(Account& account);
    void release(std::size_t account);
    void remove_waiter(Position position);
    std::optional<Time> next_ready_time() const;
    boost::asio::awaitable<void> wait(Position position);
    json::Value view(Account const& account) const;

    boost::asio::any_io_executor executor_;
    Clock& clock_;
    std::vector<Account> accounts_;
    std::list<Waiter> waiting_; // the first sets the timer for all
};

} // namespace darkroom::studio
