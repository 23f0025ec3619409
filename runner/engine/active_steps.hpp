// Knows which steps are running now, so that two equal steps take turns.
#pragma once

#include "runner/base/gate.hpp"
#include "runner/base/sha256.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <map>
#include <memory>

namespace darkroom::engine {

/// The steps that are running now. `room` is woken whenever one ends or waits for an equal one;
/// it outlives this.
class ActiveSteps {
public:
    ActiveSteps(boost::asio::any_io_executor executor, Gate& room);
    ActiveSteps(ActiveSteps const&) = delete;
    ActiveSteps& operator=(ActiveSteps const&) = delete;

    bool contains(Digest const& key) const { return steps_.contains(key); }
    /// Completes when the step has ended; the caller looks again. Cancel: terminal.
    boost::asio::awaitable<void> until_ended(Digest key);
    /// Marks a step as running. Changes nothing when it is running already.
    void begin(Digest const& key) { steps_.try_emplace(key); }
    void end(Digest const& key);
    /// Returns how many wait for an equal step.
    std::size_t waiting() const { return waiting_; }

private:
    boost::asio::any_io_executor executor_;
    Gate& room_;
    std::size_t waiting_ = 0;
    std::map<Digest, std::shared_ptr<Gate>> steps_; ///< With a gate where another waits.
};

/// Holds the right to run a step until destroyed.
class StepLock {
public:
    StepLock(ActiveSteps& steps, Digest const& key) : steps_(steps), key_(key) {
        steps_.begin(key_);
    }
    StepLock(StepLock const&) = delete;
    StepLock& operator=(StepLock const&) = delete;
    ~StepLock() { steps_.end(key_); }

private:
    ActiveSteps& steps_;
    Digest key_;
};

} // namespace darkroom::engine
