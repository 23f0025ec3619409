// A counting semaphore for coroutines of one thread, whose waiters have priorities.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace darkroom {

/// Decides who is served first: the lower rank, then the lower order.
struct Priority {
    std::int64_t rank = 0;
    std::uint64_t order = 0;
    friend auto operator<=>(Priority const&, Priority const&) = default;
};

/// Hands out at most `limit` permits at a time. Waiters are served by priority, equal ones in the
/// order of their calls. Permits and waiters may outlive the semaphore.
class PrioritySemaphore {
    struct State;

public:
    /// Holds one permit until it is destroyed.
    class Permit {
    public:
        Permit(Permit&& other) noexcept = default;
        Permit& operator=(Permit&& other) noexcept {
            std::swap(state_, other.state_);
            return *this;
        }
        ~Permit();

    private:
        friend class PrioritySemaphore;
        explicit Permit(std::shared_ptr<State> state) : state_(std::move(state)) {}
        std::shared_ptr<State> state_;
    };

    /// `limit`: at least 1.
    PrioritySemaphore(boost::asio::any_io_executor executor, int limit);
    PrioritySemaphore(PrioritySemaphore const&) = delete;
    PrioritySemaphore& operator=(PrioritySemaphore const&) = delete;
    ~PrioritySemaphore();

    /// Completes with a permit, or with nothing once the semaphore is closed. Cancel: terminal.
    boost::asio::awaitable<std::optional<Permit>> acquire(Priority priority);
    /// Does the same with equal priority for all: first come, first served.
    boost::asio::awaitable<std::optional<Permit>> acquire();
    /// Returns nothing where acquire() would have to wait, or when the semaphore is closed.
    std::optional<Permit> try_acquire();
    /// Ends all waits without a permit, those of later calls too. Permits that are held stay valid.
    void close();

    std::size_t waiting() const;
    int in_use() const;

private:
    class Waiter;

    static boost::asio::awaitable<std::optional<Permit>> wait(std::shared_ptr<State> state,
                                                              Priority priority);

    std::shared_ptr<State> state_;
};

} // namespace darkroom
