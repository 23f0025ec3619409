#include "runner/store/group_landing.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <utility>
#include <vector>

namespace darkroom::store {

namespace asio = boost::asio;

struct GroupLanding::Group {
    Group(asio::any_io_executor executor, std::uint64_t number_of_it)
        : number(number_of_it), departure(executor), landed(std::move(executor)) {}
    std::uint64_t number;
    asio::steady_timer departure;
    std::vector<Landing> landings;
    std::vector<Result<bool>> results; // once it is back
    Gate landed;
};

GroupLanding::GroupLanding(asio::thread_pool& pool)
    : pool_(pool), alive_(std::make_shared<Alive>()) {}

void GroupLanding::send_off_rest() {
    if (next_) send_off();
}

asio::awaitable<Result<bool>> GroupLanding::land(Landing landing) {
    auto const executor = co_await asio::this_coro::executor;
    if (!next_) gather(executor);
    auto const group = next_;
    auto const place = group->landings.size();
    group->landings.push_back(std::move(landing));
    if (group->landings.size() == group_max) send_off();
    while (group->results.empty()) co_await group->landed.wait();
    co_return std::move(
        group->results[place]); // a copy of an lvalue would take the result for true
}

void GroupLanding::gather(asio::any_io_executor const& executor) {
    next_ = std::make_shared<Group>(executor, ++groups_);
    next_->departure.expires_after(moment);
    next_->departure.async_wait([this, alive = std::weak_ptr(alive_), number = groups_](auto) {
        if (!alive.expired() && next_ && next_->number == number) send_off();
    });
}

void GroupLanding::send_off() {
    auto group = std::exchange(next_, nullptr);
    group->departure.cancel();
    // The group goes there and back as a whole: its timers must die on the loop's thread.
    auto job = [group = std::move(group)]() mutable {
        auto const executor = group->departure.get_executor();
        auto results = land_all(group->landings);
        auto report = [group = std::move(group), results = std::move(results)]() mutable {
            group->results = std::move(results);
            group->landed.wake_all();
        };
        asio::post(executor, std::move(report));
    };
    asio::post(pool_, std::move(job));
}

} // namespace darkroom::store
