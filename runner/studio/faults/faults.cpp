#include "runner/studio/faults/faults.hpp"

#include "runner/base/split_mix.hpp"
#include "runner/base/text.hpp"

namespace darkroom::studio {

namespace {

/// Mixes two numbers well: returns the `b`th of the sequence that starts with `a`.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    return SplitMix64(a + 0x9e3779b97f4a7c15u * b).next();
}

/// Returns 0 <= x < 1.
double unit_interval(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

bool fits(FaultRule const& rule, FaultSite const& site) {
    if (rule.target != FaultTarget::any && rule.target != site.target) return false;
    if (site.prompt.find(rule.prompt) == std::string_view::npos) return false;
    return rule.action.empty() || glob_match(rule.action, site.action);
}

} // namespace

FaultScript::FaultScript(std::vector<FaultRule> rules, std::uint64_t seed) : seed_(seed) {
    for (auto& rule : rules) rules_.push_back({std::move(rule), 0, 0});
}

std::optional<Fault> FaultScript::strike(FaultSite const& site) {
    std::optional<Fault> found;
    for (std::size_t index = 0; index < rules_.size(); ++index) {
        auto& [rule, fitted, struck] = rules_[index];
        if (!fits(rule, site)) continue;
        ++fitted; // also after another rule struck: "the 2nd such request" is the same for all
        if (found || (rule.nth != 0 && rule.nth != fitted)) continue;
        if (rule.count != 0 && struck == rule.count) continue;
        if (unit_interval(mix(seed_ + index, fitted)) >= rule.share) continue;
        ++struck;
        found = rule.fault;
    }
    return found;
}

std::vector<std::uint64_t> FaultScript::strikes() const {
    std::vector<std::uint64_t> counts;
    for (auto const& counted : rules_) counts.push_back(counted.struck);
    return counts;
}

} // namespace darkroom::studio
