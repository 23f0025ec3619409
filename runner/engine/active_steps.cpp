#include "runner/engine/active_steps.hpp"

#include <cassert>
#include <utility>

namespace darkroom::engine {

namespace {

/// Keeps a count right on every way out.
class Counted {
public:
    explicit Counted(std::size_t& count) : count_(++count) {}
    Counted(Counted const&) = delete;
    Counted& operator=(Counted const&) = delete;
    ~Counted() { --count_; }

private:
    std::size_t& count_;
};

} // namespace

ActiveSteps::ActiveSteps(boost::asio::any_io_executor executor, Gate& room)
    : executor_(std::move(executor)), room_(room) {}

boost::asio::awaitable<void> ActiveSteps::until_ended(Digest key) {
    auto const found = steps_.find(key);
    if (found == steps_.end()) co_return;
    if (!found->second) found->second = std::make_shared<Gate>(executor_);
    std::shared_ptr<Gate> const gate = found->second; // end() takes the map's own away
    Counted const counted(waiting_);
    room_.wake_all(); // there may be nothing else that the run waits for
    co_await gate->wait();
}

void ActiveSteps::end(Digest const& key) {
    auto const step = steps_.extract(key);
    assert(step);
    if (step && step.mapped()) step.mapped()->wake_all();
    room_.wake_all();
}

} // namespace darkroom::engine
