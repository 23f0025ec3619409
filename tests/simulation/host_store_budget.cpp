// The budget of a campaign in the simulated store: handed out to its shards in parts.
#include "tests/simulation/host_store.hpp"

#include <algorithm>

namespace darkroom::simulation {

namespace {

/// A limit that is none is never crossed.
bool is_more(std::int64_t used, std::optional<std::int64_t> limit) {
    return limit && used > *limit;
}

bool is_less(std::optional<std::int64_t> left, std::int64_t than) { return left && *left < than; }

/// A part for one shard, at least for one request.
std::int64_t part_of(std::optional<std::int64_t> left, std::int64_t parts, std::int64_t one) {
    return left ? std::max(one, std::min(64 * one, *left / parts)) : 0;
}

} // namespace

HostStore::Limits HostStore::left_of(std::int64_t campaign) const {
    auto left = campaigns.at(campaign).limits;
    for (auto const& [id, run] : runs) {
        if (run.campaign != campaign) continue;
        if (left.generations)
            *left.generations -= std::max(run.may.generations, run.used.generations);
        if (left.cost) *left.cost -= std::max(run.may.cost, run.used.cost);
    }
    return left;
}

void HostStore::gather(std::int64_t campaign) {
    for (auto& [id, run] : runs)
        if (run.campaign == campaign) run.may = run.used;
}

void HostStore::set_limits(std::int64_t campaign, Limits limits) {
    campaigns[campaign].limits = limits;
    gather(campaign);
}

void HostStore::fill(std::int64_t id, std::int64_t price) {
    auto& run = runs[id];
    auto left = left_of(run.campaign);
    auto const is_dry = [&] { return is_less(left.generations, 1) || is_less(left.cost, price); };
    if (is_dry()) {
        gather(run.campaign);
        left = left_of(run.campaign);
        if (is_dry()) return;
    }
    auto const parts = 2 * campaigns[run.campaign].shards;
    run.may.generations =
        std::max(run.may.generations, run.used.generations) + part_of(left.generations, parts, 1);
    run.may.cost = std::max(run.may.cost, run.used.cost) + part_of(left.cost, parts, price);
}

/// Payments that were entered late may have used more than a shard's part.
bool HostStore::is_short(std::int64_t id, std::int64_t price) const {
    auto const& run = runs.at(id);
    auto const& limits = campaigns.at(run.campaign).limits;
    auto const left = left_of(run.campaign);
    bool const needs_generation =
        limits.generations && run.used.generations + 1 > run.may.generations;
    bool const needs_cost = limits.cost && run.used.cost + price > run.may.cost;
    return needs_generation || needs_cost || is_less(left.generations, 0) || is_less(left.cost, 0);
}

bool HostStore::is_spent(std::int64_t id, std::int64_t price) const {
    auto const campaign = runs.at(id).campaign;
    Amount used;
    for (auto const& [other, run] : runs) {
        if (run.campaign != campaign) continue;
        used.generations += run.used.generations;
        used.cost += run.used.cost;
    }
    auto const& limits = campaigns.at(campaign).limits;
    return is_more(used.generations + 1, limits.generations) ||
           is_more(used.cost + price, limits.cost);
}

/// Returns whether a job file with these limits is refused. Else they are the campaign's, if it has
/// none yet.
bool HostStore::take_limits(std::int64_t id, Limits const& file) {
    auto& campaign = campaigns[id];
    if (!file.generations && !file.cost) return false;
    bool const is_decided = campaign.limits != Limits() || campaign.of_file != Limits();
    bool const is_known = file == campaign.limits || file == campaign.of_file;
    if (is_decided && !is_known) return true;
    if (!is_decided) set_limits(id, file);
    campaign.of_file = file;
    return false;
}

} // namespace darkroom::simulation
