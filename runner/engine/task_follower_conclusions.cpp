// What the follower concludes from a listing for all searches of an account.
#include "runner/engine/task_follower.hpp"

namespace darkroom::engine {

namespace {

Milliseconds floored(Duration time) { return std::chrono::floor<Milliseconds>(time); }

} // namespace

SearchContext TaskFollower::context_of(std::string const& account, ListingWalk const& walk) const {
    SearchContext context = known_.context(account);
    context.identity = provider_.identity_of(account);
    context.began = walk.began;
    context.ahead = ahead();
    context.settle = floored(options_.settle);
    context.total = floored(options_.total);
    context.is_own_service = options_.is_own_service;
    for (auto const& found : known_.found()) {
        if (found.lost.account != account) continue;
        auto const age = age_at(walk, found.lost, found.sent);
        context.found.push_back(search_of(found.lost, found.since, age, walk, context));
    }
    return context;
}

/// Returns how long before the walk a request was sent.
Duration TaskFollower::age_at(ListingWalk const& walk, LostRequest const& lost,
                              std::optional<Time> sent) const {
    return service_clock_.age(sent, lost.sent_at, lost.service_ahead) - (clock_.now() - walk.since);
}

Findings TaskFollower::conclude_now(std::string const& account,
                                    std::vector<TaskWaiter*> const& waiters,
                                    ListingWalk const& walk, OtherRuns const& others) {
    auto context = context_of(account, walk);
    std::vector<Search> searches;
    std::vector<LostRequest const*> asked;
    for (auto const* waiter : waiters) {
        auto const age = age_at(walk, waiter->lost, waiter->sent);
        searches.push_back(search_of(waiter->lost, waiter->since, age, walk, context));
        asked.push_back(&waiter->lost);
    }
    add_others(context, others, asked);
    auto findings = conclude(walk.listing, searches, context);
    for (std::size_t i = 0; i < context.answered.size(); ++i) {
        auto const* record = findings.answered[i];
        if (record != nullptr) known_.name(context.answered[i], record->task_id);
    }
    return findings;
}

void TaskFollower::conclude_search(TaskWaiter& waiter, Conclusion const& conclusion) {
    switch (conclusion.what) {
    case Conclusion::What::found:
        known_.claim(conclusion.record->task_id);
        waiter.lost.answered_at = clock_.wall();
        known_.note_found({waiter.lost, waiter.since, waiter.sent});
        return finish_with(waiter, *conclusion.record);
    case Conclusion::What::absent: return finish(waiter, {Found::What::absent, {}, {}, {}});
    case Conclusion::What::undecided: break;
    }
    waiter.doubt = conclusion.doubt;
}

} // namespace darkroom::engine
