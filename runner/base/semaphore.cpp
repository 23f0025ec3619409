#include "runner/base/semaphore.hpp"

#include "runner/base/gate.hpp"

#include <cassert>
#include <map>

namespace darkroom {

struct PrioritySemaphore::State {
    State(boost::asio::any_io_executor the_executor, int the_limit)
        : executor(std::move(the_executor)), limit(the_limit) {}

    void release() {
        assert(in_use > 0);
        --in_use;
        grant();
    }
    void grant();
    void close();

    boost::asio::any_io_executor executor;
    int limit;
    int in_use = 0;
    bool closed = false;
    std::multimap<Priority, Waiter*> waiting; // empty while a permit is free
};

/// Stands in the queue while it lives. A permit that was granted and not taken is released.
class PrioritySemaphore::Waiter {
public:
    Waiter(State& state, Priority priority) : state_(state), changed_(state.executor) {
        position_ = state_.waiting.emplace(priority, this);
    }
    Waiter(Waiter const&) = delete;
    Waiter& operator=(Waiter const&) = delete;
    ~Waiter() {
        if (status_ == Status::granted) state_.release();
        if (status_ == Status::queued) state_.waiting.erase(position_);
    }

    /// Whoever calls these has taken the waiter out of the queue.
    void grant() { end(Status::granted); }
    void refuse() { end(Status::refused); }

    bool is_queued() const { return status_ == Status::queued; }
    boost::asio::awaitable<void> wait() { return changed_.wait(); }
    /// True once: the caller owns the permit from then on.
    bool take() {
        if (status_ != Status::granted) return false;
        status_ = Status::taken;
        return true;
    }

private:
    enum class Status { queued, granted, taken, refused };
    void end(Status status) {
        assert(status_ == Status::queued);
        status_ = status;
        changed_.wake_all();
    }

    State& state_;
    Gate changed_;
    Status status_ = Status::queued;
    std::multimap<Priority, Waiter*>::iterator position_;
};

void PrioritySemaphore::State::grant() {
    while (in_use < limit && !waiting.empty()) {
        auto const first = waiting.extract(waiting.begin());
        ++in_use;
        first.mapped()->grant();
    }
}

void PrioritySemaphore::State::close() {
    closed = true;
    for (auto const& [priority, waiter] : waiting) waiter->refuse();
    waiting.clear();
}

PrioritySemaphore::Permit::~Permit() {
    if (state_) state_->release();
}

PrioritySemaphore::PrioritySemaphore(boost::asio::any_io_executor executor, int limit)
    : state_(std::make_shared<State>(std::move(executor), limit)) {
    assert(limit > 0);
}

PrioritySemaphore::~PrioritySemaphore() = default;

boost::asio::awaitable<std::optional<PrioritySemaphore::Permit>>
PrioritySemaphore::acquire(Priority priority) {
    return wait(state_, priority);
}

boost::asio::awaitable<std::optional<PrioritySemaphore::Permit>> PrioritySemaphore::acquire() {
    return wait(state_, Priority());
}

/// The state is a parameter, so that it outlives the waiter in this frame.
boost::asio::awaitable<std::optional<PrioritySemaphore::Permit>>
PrioritySemaphore::wait(std::shared_ptr<State> state, Priority priority) {
    if (state->closed) co_return std::nullopt;
    if (state->in_use < state->limit) {
        ++state->in_use;
        co_return std::optional<Permit>(Permit(std::move(state)));
    }
    Waiter waiter(*state, priority);
    while (waiter.is_queued()) co_await waiter.wait();
    if (!waiter.take()) co_return std::nullopt;
    co_return std::optional<Permit>(Permit(state));
}

std::optional<PrioritySemaphore::Permit> PrioritySemaphore::try_acquire() {
    if (state_->closed || state_->in_use >= state_->limit) return std::nullopt;
    ++state_->in_use;
    return Permit(state_);
}

void PrioritySemaphore::close() { state_->close(); }
std::size_t PrioritySemaphore::waiting() const { return state_->waiting.size(); }
int PrioritySemaphore::in_use() const { return state_->in_use; }

} // namespace darkroom
