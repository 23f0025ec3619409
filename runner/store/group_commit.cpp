#include "runner/store/group_commit.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <utility>
#include <vector>

namespace darkroom::store {

namespace asio = boost::asio;

struct GroupCommit::Group {
    Group(asio::any_io_executor executor, std::uint64_t id)
        : number(id), deadline(executor), committed(std::move(executor)) {}
    std::uint64_t number;
    asio::steady_timer deadline;
    std::vector<FileCommit> commits;
    std::vector<Result<bool>> results; // empty until the group is committed
    Gate committed;
};

GroupCommit::GroupCommit(asio::thread_pool& pool)
    : pool_(pool), alive_(std::make_shared<Alive>()) {}

void GroupCommit::submit_rest() {
    if (next_) submit();
}

asio::awaitable<Result<bool>> GroupCommit::commit(FileCommit commit) {
    auto const executor = co_await asio::this_coro::executor;
    if (!next_) begin_group(executor);
    auto const group = next_;
    auto const position = group->commits.size();
    group->commits.push_back(std::move(commit));
    if (group->commits.size() == group_max) submit();
    while (group->results.empty()) co_await group->committed.wait();
    co_return std::move(
        group->results[position]); // copying an lvalue would convert the result to bool
}

void GroupCommit::begin_group(asio::any_io_executor const& executor) {
    next_ = std::make_shared<Group>(executor, ++groups_);
    next_->deadline.expires_after(delay);
    next_->deadline.async_wait([this, alive = std::weak_ptr(alive_), number = groups_](auto) {
        if (!alive.expired() && next_ && next_->number == number) submit();
    });
}

void GroupCommit::submit() {
    auto group = std::exchange(next_, nullptr);
    group->deadline.cancel();
    // The group goes there and back as a whole: its timers must die on the loop's thread.
    auto job = [group = std::move(group)]() mutable {
        auto const executor = group->deadline.get_executor();
        auto results = commit_all(group->commits);
        auto report = [group = std::move(group), results = std::move(results)]() mutable {
            group->results = std::move(results);
            group->committed.wake_all();
        };
        asio::post(executor, std::move(report));
    };
    asio::post(pool_, std::move(job));
}

} // namespace darkroom::store
