// What a run says to the ledger, and hears from it, besides its admissions and its searches.
#include "runner/engine/conductor.hpp"

#include <utility>

namespace darkroom::engine {

namespace {

OpenStep open_step(Digest const& key, StepState const& state) {
    OpenStep open;
    open.step = key;
    open.identity = state.identity;
    open.request = request_digest(state.info);
    open.price = state.price;
    open.task_id = state.task_id;
    open.by_search = state.by_search;
    open.sent_at = state.submitted_at;
    return open;
}

} // namespace

/// The other runs must know what this directory has before it does anything.
awaitable<void> Conductor::enter_in_ledger() {
    DirectoryFacts facts;
    for (auto const& [key, state] : ports_.journal.unsettled_steps()) {
        if (state.phase == Phase::open) facts.open.push_back(open_step(key, state));
    }
    facts.is_paid = [this](Digest const& step) {
        auto const state = ports_.journal.find(step);
        return state && state->phase == Phase::finished;
    };
    facts.recent = std::exchange(recent_tasks_, {});
    facts.more = [this](std::size_t most) { return ports_.journal.recent_tasks(most); };
    facts.knows_task = [this](std::string const& task) { return ports_.journal.knows_task(task); };
    facts.payments = [this](std::function<bool(Payment const&)> const& take) {
        ports_.journal.for_each_payment_backwards(take);
    };
    facts.payer_of = [this](Payment const& payment) {
        auto const state = ports_.journal.find(payment.step);
        if (!state) return std::string();
        bool const is_other = payment.account && *payment.account != state->account;
        return is_other ? ports_.provider.identity_of(*payment.account) : state->identity;
    };
    co_await ledger_.enter(std::move(facts));
}

/// The process died between the ledger's word and the journal's. Whether the service named the task
/// or a search found it is not known: it counts as found, which proves less.
awaitable<void> Conductor::take_name_from_ledger(StepRun& run) {
    Accepted named;
    named.task_id = ledger_.take_name(run.key);
    named.by_search = true;
    named.order = run.state.order;
    bool const is_needed = !named.task_id.empty() && run.state.task_id.empty();
    if (!is_needed || run.state.phase != Phase::open) co_return;
    co_await record(run, std::move(named));
    follower_.known().note_task(known_task(run.key, run.state, ports_.clock.wall()));
}

} // namespace darkroom::engine
