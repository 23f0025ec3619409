#include "runner/provider/service_wire.hpp"

#include "runner/engine/answer_limits.hpp"

#include <algorithm>

namespace darkroom::provider {

void cut_lists(Event& event) {
    engine::cut_id(event.task_id);
    engine::cut_id(event.trace_id);
    if (event.answer) engine::cut_lists(*event.answer);
}

Result<json::Value> read_service_json(std::string_view text) {
    json::ReadLimits limits;
    limits.mend_text = true;
    return json::read(text, limits);
}

engine::Problem task_problem(ServiceError const& error, engine::Verdict verdict) {
    engine::Problem problem;
    problem.verdict = verdict;
    problem.code = error.code.empty() ? "task_failed" : error.code;
    problem.message = error.message;
    return problem;
}

ServiceWire const* find_wire(std::string_view name) {
    auto const wires = service_wires();
    auto const found = std::find_if(wires.begin(), wires.end(), [name](ServiceWire const* wire) {
        return wire->name() == name;
    });
    return found == wires.end() ? nullptr : *found;
}

ServiceWire const& default_wire() { return *service_wires().front(); }

} // namespace darkroom::provider
