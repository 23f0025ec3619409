// The network between the client and the simulated service, with all that can befall a request.
#pragma once

#include "runner/net/exchanger.hpp"
#include "tests/simulation/accident.hpp"
#include "tests/simulation/sim_hook.hpp"
#include "tests/simulation/sim_service.hpp"
#include "tests/simulation/transfer.hpp"

#include <memory>

namespace darkroom::simulation {

class SimNetwork final : public net::Exchanger {
public:
    /// `clock` and `power` are those of the client's machine; `is_cut`: its way to the service is
    /// broken. `hook` and `is_cut` may be null.
    SimNetwork(SimService& service, Clock& clock, Power const& power, std::shared_ptr<SimHook> hook,
               bool const* is_cut = nullptr)
        : service_(service), clock_(clock), power_(power), hook_(std::move(hook)), is_cut_(is_cut) {
    }

    boost::asio::awaitable<net::Reply> exchange(net::Call call, net::TimeLimits limits,
                                                net::BodyReader& reader) override;

private:
    bool is_cut() const { return is_cut_ != nullptr && *is_cut_; }
    Accident draw();
    Accident page(bool may_be_taken, int status);
    Arrival arrival_of(net::Call const& call) const;
    boost::asio::awaitable<net::Reply> paid(net::Call call, Transfer transfer);
    boost::asio::awaitable<net::Reply> refuse(net::Call call, Accident accident, Transfer transfer);
    boost::asio::awaitable<net::Reply> settle(Accident accident, Arrival arrival,
                                              Transfer transfer);
    boost::asio::awaitable<net::Reply> strike(Accident accident, Arrival arrival,
                                              Transfer transfer);
    Task& accept(Arrival const& arrival, Duration transit);
    boost::asio::awaitable<net::Reply> say(int status, std::string body, Transfer transfer);
    boost::asio::awaitable<net::Reply> answer(Task& task, bool cut, Transfer transfer);
    boost::asio::awaitable<net::Reply> stream(Task& task, bool cut, Transfer transfer);
    boost::asio::awaitable<net::Reply> tell(Task& task, bool cut, Transfer transfer);
    boost::asio::awaitable<net::Reply> look_up(net::Call call, Transfer transfer);
    boost::asio::awaitable<net::Reply> image(net::Call call, Transfer transfer);

    SimService& service_;
    Clock& clock_;
    Power const& power_;
    std::shared_ptr<SimHook> hook_;
    bool const* is_cut_;
};

} // namespace darkroom::simulation
