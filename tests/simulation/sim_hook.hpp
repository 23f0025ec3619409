// Callbacks of the simulated service, handed to the client by path and body.
#pragma once

#include "runner/base/task_group.hpp"
#include "runner/http/hook.hpp"
#include "tests/simulation/sim_service.hpp"

namespace darkroom::simulation {

/// The listener of one life; what is posted to an earlier one's path is lost.
class SimHook final : public http::Hook {
public:
    SimHook(SimService& service, int life) : service_(service), life_(life) {}

    void serve_in(TaskGroup& group, Taker taker) override;
    std::string origin() const override { return "http://hook.invalid:9000"; }
    std::string path() const override;

    /// Posts the callbacks of a task when their time comes.
    void expect(Task& task);

private:
    boost::asio::awaitable<void> deliver(Task& task);
    void post(Task const& task, std::string const& body);

    SimService& service_;
    int life_;
    TaskGroup* group_ = nullptr;
    Taker taker_;
};

} // namespace darkroom::simulation
