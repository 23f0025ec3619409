#include "runner/engine/turnstile.hpp"

namespace darkroom::engine {

/// Standing in line; a cancelled waiter steps out, and gives back a place it was just given.
class Turnstile::InLine {
public:
    InLine(Turnstile& door, Place place) : door_(door), waiter_(door.executor_) {
        spot_ = door_.waiting_.emplace(place, &waiter_);
        door_.admit();
    }
    InLine(InLine const&) = delete;
    InLine& operator=(InLine const&) = delete;
    ~InLine() {
        if (waiter_.admitted && !taken_) door_.leave();
        if (!waiter_.admitted && !waiter_.turned_away) door_.waiting_.erase(spot_);
    }

    Waiter& waiter() { return waiter_; }
    Pass take() {
        taken_ = true;
        return Pass(door_);
    }

private:
    Turnstile& door_;
    Waiter waiter_;
    Line::iterator spot_;
    bool taken_ = false;
};

Turnstile::Turnstile(boost::asio::any_io_executor executor, int limit)
    : executor_(std::move(executor)), limit_(limit) {}

boost::asio::awaitable<std::optional<Turnstile::Pass>> Turnstile::enter(Place place) {
    if (closed_) co_return std::nullopt;
    InLine in_line(*this, place);
    Waiter& me = in_line.waiter();
    while (!me.admitted && !me.turned_away) co_await me.turn.wait();
    if (me.turned_away) co_return std::nullopt;
    co_return std::optional<Pass>(in_line.take());
}

void Turnstile::close() {
    closed_ = true;
    for (auto& [place, waiter] : waiting_) {
        waiter->turned_away = true;
        waiter->turn.wake_all();
    }
    waiting_.clear();
}

void Turnstile::leave() {
    --inside_;
    admit();
}

void Turnstile::admit() {
    while (inside_ < limit_ && !waiting_.empty()) {
        auto const first = waiting_.begin();
        ++inside_;
        first->second->admitted = true;
        first->second->turn.wake_all();
        waiting_.erase(first);
    }
}

} // namespace darkroom::engine
