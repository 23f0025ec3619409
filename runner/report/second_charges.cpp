#include "runner/report/second_charges.hpp"

#include "runner/report/board.hpp"
#include "runner/report/words.hpp"

#include <fmt/format.h>

#include <utility>

namespace darkroom::report {

void SecondCharges::add(SecondCharge charge) {
    ++all;
    cost += charge.cost;
    if (first.size() < charges_shown_max) first.push_back(std::move(charge));
}

void SecondCharges::keep(Digest const& step, std::string const& task_id) {
    for (auto& charge : first) {
        if (charge.key == step) charge.kept_id = task_id;
    }
}

SecondCharge second_charge_of(Digest const& key, engine::ChargedAgain const& fact,
                              engine::StepState const& state) {
    return {key, step_name(state.info), fact.task_id, state.task_id, fact.cost};
}

std::vector<std::string> charge_lines(SecondCharges const& charges, std::string const& currency) {
    std::vector<std::string> lines;
    if (charges.all == 0) return lines;
    lines.push_back(fmt::format("Charged more than once ({}): the service said that a task had "
                                "failed, and it succeeded after all:",
                                money_text(charges.cost, currency)));
    for (auto const& charge : charges.first)
        lines.push_back(
            printable(fmt::format("  {}  {}  task {}, {}; its image is of task {}", charge.name,
                                  to_hex(charge.key).substr(0, 12), charge.task_id,
                                  money_text(charge.cost, currency), charge.kept_id)));
    if (charges.all > charges.first.size())
        lines.push_back(fmt::format("  and {} more", charges.all - charges.first.size()));
    return lines;
}

json::Array to_json(SecondCharges const& charges) {
    json::Array all;
    for (auto const& charge : charges.first) {
        json::Value value;
        value.set("key", to_hex(charge.key));
        value.set("step", charge.name);
        value.set("task_id", charge.task_id);
        value.set("kept_task_id", charge.kept_id);
        value.set("cost", money_value(charge.cost));
        all.push_back(std::move(value));
    }
    return all;
}

} // namespace darkroom::report
