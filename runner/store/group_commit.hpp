// Files that are ready at about the same time are committed together.
#pragma once

#include "runner/base/gate.hpp"
#include "runner/store/file_commit.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

namespace darkroom::store {

/// Syncing a directory costs the same for one new name as for twenty, and so does waking a thread:
/// each file waits a short time for others. Belongs to one thread; its executor's context and the
/// pool outlive it.
class GroupCommit {
public:
    static constexpr std::chrono::milliseconds delay{20};
    static constexpr std::size_t group_max = 32;

    explicit GroupCommit(boost::asio::thread_pool& pool);
    GroupCommit(GroupCommit const&) = delete;
    GroupCommit& operator=(GroupCommit const&) = delete;

    /// Completes when the image is durable under its name; see commit_all(). Cancel: terminal; the
    /// file is still committed, unless the process exits at once (a second Ctrl-C): then the next
    /// run may download the waiting images again.
    boost::asio::awaitable<Result<bool>> commit(FileCommit commit);
    /// Submits the waiting files without further delay; call it before the pool is joined.
    void submit_rest();

private:
    struct Group;
    struct Alive {};

    void begin_group(boost::asio::any_io_executor const& executor);
    void submit();

    boost::asio::thread_pool& pool_;
    std::shared_ptr<Group> next_;  // takes files; null when none waits
    std::uint64_t groups_ = 0;     // begun so far
    std::shared_ptr<Alive> alive_; // late handlers check it
};

} // namespace darkroom::store
