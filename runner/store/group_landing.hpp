// Landings that come at about the same time share a trip to the disk.
#pragma once

#include "runner/base/gate.hpp"
#include "runner/store/landing.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

namespace darkroom::store {

/// A sync of a directory costs the same for one new name as for twenty, and so does waking a
/// thread: images wait a moment for each other. One thread's object; its executor's context, and
/// the pool, outlive it.
class GroupLanding {
public:
    static constexpr std::chrono::milliseconds moment{20};
    static constexpr std::size_t group_max = 32;

    explicit GroupLanding(boost::asio::thread_pool& pool);
    GroupLanding(GroupLanding const&) = delete;
    GroupLanding& operator=(GroupLanding const&) = delete;

    /// Completes when the image is durable under its name; see store::land(). Cancel: terminal; it
    /// lands all the same, unless the process leaves at once (a second Ctrl-C): then the next run
    /// may load again what had gathered.
    boost::asio::awaitable<Result<bool>> land(Landing landing);
    /// Nothing gathers any longer: before the pool is joined.
    void send_off_rest();

private:
    struct Group;
    struct Alive {};

    void gather(boost::asio::any_io_executor const& executor);
    void send_off();

    boost::asio::thread_pool& pool_;
    std::shared_ptr<Group> next_;  // gathers; null when nobody waits
    std::uint64_t groups_ = 0;     // so far
    std::shared_ptr<Alive> alive_; // late handlers ask for it
};

} // namespace darkroom::store
