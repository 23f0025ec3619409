#include "runner/engine/directory_facts.hpp"

#include "runner/engine/step_run.hpp"

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
    open.nonce = state.attempt;
    return open;
}

} // namespace

DirectoryFacts facts_of(Journal& journal,
                        std::function<std::string(std::string const& account)> identity_of) {
    DirectoryFacts facts;
    for (auto const& [key, state] : journal.unsettled_steps()) {
        if (state.phase == Phase::open) facts.open.push_back(open_step(key, state));
    }
    facts.facts = journal.durable_facts();
    facts.fate_of = [&journal](Digest const& step, WallTime granted_at, std::uint64_t nonce) {
        auto const state = journal.find(step);
        if (!state) return Fate::not_known;
        if (state->phase == Phase::finished) return Fate::paid;
        bool const is_it = nonce != 0 ? state->attempt == nonce : state->submitted_at >= granted_at;
        return is_it ? Fate::free : Fate::not_known;
    };
    facts.fate_of_taken = [&journal](Digest const& step) {
        auto const state = journal.find(step);
        bool const is_it = state && state->attempt == 0 && !state->identity.empty();
        if (!is_it || state->phase == Phase::open) return Fate::not_known;
        return state->phase == Phase::finished ? Fate::paid : Fate::free;
    };
    facts.task_of = [&journal](Digest const& step) {
        auto const state = journal.find(step);
        return state ? state->answer.task_id : std::string();
    };
    facts.more = [&journal](std::size_t most) { return journal.recent_tasks(most); };
    facts.knows_task = [&journal](std::string const& task) { return journal.knows_task(task); };
    facts.payments = [&journal](std::function<bool(Payment const&)> const& take) {
        journal.for_each_payment_backwards(take);
    };
    facts.payer_of = [&journal, identity_of = std::move(identity_of)](Payment const& payment) {
        auto const state = journal.find(payment.step);
        if (!state) return std::string();
        bool const is_other = payment.account && *payment.account != state->account;
        return is_other ? identity_of(*payment.account) : state->identity;
    };
    return facts;
}

} // namespace darkroom::engine
