// Steps that were paid more than once, because the service took back its word that a task failed.
#pragma once

#include "runner/engine/history.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace darkroom::report {

/// One charge besides the one of the finished attempt.
struct SecondCharge {
    Digest key{};
    std::string name;    ///< step_name()
    std::string task_id; ///< The task that was charged as well.
    std::string kept_id; ///< The task whose image the step has.
    jobs::Micros cost = 0;
};

/// The first of them, and their sums.
struct SecondCharges {
    std::vector<SecondCharge> first;
    std::uint64_t all = 0;
    jobs::Micros cost = 0;

    void add(SecondCharge charge);
    /// Notes the task whose image a step has, which may be known only after the charge.
    void keep(Digest const& step, std::string const& task_id);
};

constexpr std::size_t charges_shown_max = 20;

/// Returns the charge of a fact; `state` is the step at the end.
SecondCharge second_charge_of(Digest const& key, engine::ChargedAgain const& fact,
                              engine::StepState const& state);

/// Returns printable lines; none without a second charge.
std::vector<std::string> charge_lines(SecondCharges const& charges, std::string const& currency);
/// Returns the array `charged_again` of `--json`. docs/cli.md has the keys.
json::Array to_json(SecondCharges const& charges);

} // namespace darkroom::report
