#include "runner/studio/faults/faults.hpp"

#include "runner/base/split_mix.hpp"
#include "runner/base/text.hpp"

#include <algorithm>

namespace darkroom::studio {

namespace {

/// Mixes two numbers well: returns the `b`th of the sequence that starts with `a`.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    return SplitMix64(a + 0x9e3779b97f4a7c15u * b).next();
}

/// Returns 0 <= x < 1.
double unit_interval(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

bool covers(FaultTarget rule, FaultTarget site) {
    if (rule == site) return true;
    if (rule == FaultTarget::any) return !is_record(site);
    if (rule == FaultTarget::tasks) return site == FaultTarget::listing;
    return rule == FaultTarget::record && is_record(site);
}

bool fits(FaultRule const& rule, FaultSite const& site) {
    if (!covers(rule.target, site.target)) return false;
    if (site.prompt.find(rule.prompt) == std::string_view::npos) return false;
    return rule.action.empty() || glob_match(rule.action, site.action);
}

} // namespace

bool is_record(FaultTarget target) {
    return target == FaultTarget::record || target == FaultTarget::listed ||
           target == FaultTarget::found;
}

FaultScript::FaultScript(std::vector<FaultRule> rules, std::uint64_t seed) : seed_(seed) {
    for (auto& rule : rules) rules_.push_back({std::move(rule)});
}

std::optional<Fault> FaultScript::strike(FaultSite const& site) {
    std::optional<Fault> found;
    for (std::size_t index = 0; index < rules_.size(); ++index) {
        auto& counted = rules_[index];
        if (!fits(counted.rule, site)) continue;
        ++counted.fitted; // also after another struck: "the 2nd such request" is the same for all
        if (!found && chooses(index)) found = counted.rule.fault;
    }
    return found;
}

/// Decides on what was counted last, and counts it if it is struck.
bool FaultScript::chooses(std::size_t index) {
    auto& [rule, fitted, struck, choices] = rules_[index];
    if (rule.nth != 0 && rule.nth != fitted) return false;
    if (rule.count != 0 && struck == rule.count) return false;
    if (unit_interval(mix(seed_ + index, fitted)) >= rule.share) return false;
    ++struck;
    return true;
}

bool FaultScript::strikes(std::size_t index, FaultSite const& site, Sight const& sight) {
    auto& counted = rules_[index];
    auto const& rule = counted.rule;
    if (!is_record(rule.target) || !fits(rule, site)) return false;
    auto const [place, is_new] = counted.choices.try_emplace(sight.task_id);
    auto& choice = place->second;
    if (is_new) {
        ++counted.fitted;
        choice.chosen = chooses(index);
    }
    if (!choice.chosen) return false;
    if (rule.fault.within && sight.age >= *rule.fault.within) return false;
    if (rule.fault.times != 0 && choice.times >= rule.fault.times) return false;
    ++choice.times;
    return true;
}

std::optional<Fault> FaultScript::strike_record(FaultSite const& site, Sight const& sight) {
    for (std::size_t index = 0; index < rules_.size(); ++index) {
        auto const& fault = rules_[index].rule.fault;
        if (fault.kind != FaultKind::hide && strikes(index, site, sight)) return fault;
    }
    return std::nullopt;
}

bool FaultScript::hides(FaultSite const& site, Sight const& sight) {
    for (std::size_t index = 0; index < rules_.size(); ++index) {
        auto const& fault = rules_[index].rule.fault;
        if (fault.kind == FaultKind::hide && strikes(index, site, sight)) return true;
    }
    return false;
}

bool FaultScript::may_hide() const {
    return std::any_of(rules_.begin(), rules_.end(), [](Counted const& counted) {
        return counted.rule.fault.kind == FaultKind::hide;
    });
}

std::vector<std::uint64_t> FaultScript::strikes() const {
    std::vector<std::uint64_t> counts;
    for (auto const& counted : rules_) counts.push_back(counted.struck);
    return counts;
}

} // namespace darkroom::studio
