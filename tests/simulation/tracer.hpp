// Prints what happens in a world, so that a seed can be understood.
#pragma once

#include "runner/base/time_text.hpp"
#include "runner/engine/ports.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace darkroom::simulation {

class Tracer final : public engine::Observer {
public:
    explicit Tracer(bool on, std::string machine = {}) : on_(on), machine_(std::move(machine)) {}
    void on_event(engine::Event const& event, engine::StepState const& state) override {
        if (!on_) return;
        if (!machine_.empty()) fmt::print("{} ", machine_);
        fmt::print("{} {} {}/{} {}\n", format_rfc3339(event.at), to_hex(event.step).substr(0, 8),
                   state.info.item, state.info.path, json::write(engine::to_json(event.fact)));
    }
    void on_progress(Digest const&, int) override {}
    void on_waiting(engine::Waiting const& waiting) override {
        if (!on_) return;
        fmt::print("waiting {} {} {} {}\n", to_hex(waiting.step).substr(0, 8),
                   name_of(waiting.problem.verdict), waiting.problem.code,
                   format_duration(waiting.time));
    }

private:
    bool on_;
    std::string machine_;
};

} // namespace darkroom::simulation
