// What a run says to the ledger, and hears from it, besides its admissions and its searches.
#include "runner/engine/conductor.hpp"
#include "runner/engine/directory_facts.hpp"

#include <utility>

namespace darkroom::engine {

/// The other runs must know what this directory has before it does anything.
awaitable<void> Conductor::enter_in_ledger() {
    auto const identity_of = [this](std::string const& account) {
        return ports_.provider.identity_of(account);
    };
    auto facts = facts_of(ports_.journal, identity_of);
    facts.recent = std::exchange(recent_tasks_, {});
    facts.fate_of = [this, fate_of = facts.fate_of](Digest const& step, WallTime granted_at,
                                                    std::uint64_t nonce) {
        auto const fate = fate_of(step, granted_at, nonce);
        bool const has_left = marks_.order_of(nonce, marks_.boot()) != 0u;
        return fate == Fate::not_known && !has_left ? Fate::never_sent : fate;
    };
    auto const& accounts = admission_.accounts();
    for (std::size_t i = 0; i < accounts.size(); ++i)
        facts.identities.push_back(identity_of(accounts.name_of(i)));
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

/// Returns the name of the account that has sent a request which only the ledger has; nothing where
/// it cannot be found again: it must not be sent, and nobody can ask what became of it.
std::optional<std::string> Conductor::sender_of(HeldRequest const& held, StepRun const& run) {
    bool const is_gone = held.is_paid && held.task_id.empty();
    if (held.identity.empty() || is_gone) return std::nullopt;
    bool const is_named = !held.task_id.empty();
    bool const is_equal = held.request == request_digest(info_of(run.step, run.above()));
    if (!is_named && !is_equal) return std::nullopt;
    // A task that is paid may be that of an earlier attempt of this step.
    if (is_named && ports_.journal.knows_task(held.task_id)) {
        bool const is_ours =
            held.is_paid && ports_.journal.step_of(held.task_id) == std::optional(run.key);
        if (!is_ours) return std::nullopt;
    }
    auto const& accounts = admission_.accounts();
    for (std::size_t i = 0; i < accounts.size(); ++i) {
        auto const& name = accounts.name_of(i);
        if (ports_.provider.identity_of(name) == held.identity) return name;
    }
    return std::nullopt;
}

/// Returns whether the journal knows better than the ledger that an open request has ended: its
/// task is one of this step that has failed, and the ledger has missed the word.
bool Conductor::has_ended_here(HeldRequest const& held, StepRun const& run) {
    bool const is_named = !held.is_paid && !held.task_id.empty();
    return is_named && run.state.phase == Phase::wanted &&
           ports_.journal.step_of(held.task_id) == std::optional(run.key);
}

/// The request may be paid: the journal gets what the ledger has, and it is looked up as one that
/// an earlier run has left. Its number in the directory is not known.
awaitable<StepOutcome> Conductor::take_over(StepRun& run, HeldRequest held, jobs::Micros price) {
    bool is_free = has_ended_here(held, run);
    if (is_free) is_free = co_await ledger_.settle_free(run.key);
    if (is_free) {
        admission_.give_up_price(price);
        co_return StepOutcome::try_again;
    }
    auto account = sender_of(held, run);
    if (!account) {
        admission_.give_up_price(price);
        co_return co_await hold(run);
    }
    admission_.take_over(*account, price);
    Submitted sent;
    sent.info = info_of(run.step, run.above());
    sent.account = std::move(*account);
    sent.price = price;
    sent.identity = std::move(held.identity);
    co_await record_at(run, std::move(sent), held.sent_at);
    if (held.task_id.empty()) co_return StepOutcome::lost;
    Accepted named;
    named.task_id = std::move(held.task_id);
    named.by_search = held.by_search;
    co_await record(run, std::move(named));
    follower_.known().note_task(known_task(run.key, run.state, ports_.clock.wall()));
    co_return StepOutcome::lost;
}

} // namespace darkroom::engine
