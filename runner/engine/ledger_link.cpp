#include "runner/engine/ledger_link.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace darkroom::engine {

namespace {

/// Describes an equal request of another run as a search for it would: nothing is known about its
/// place in our order of sending, and it may still come as late as any.
LostRequest as_lost(OtherRequest const& other, LostRequest const& equal) {
    LostRequest lost;
    lost.step = other.step;
    lost.key = equal.key;
    lost.kind = equal.kind;
    lost.account = equal.account;
    lost.identity = equal.identity;
    lost.order = {0, std::numeric_limits<std::uint64_t>::max()};
    lost.sent_at = other.sent_at;
    lost.answered_at = other.named_at;
    lost.may_wait = true;
    return lost;
}

} // namespace

LedgerLink::LedgerLink(Ports const& ports, EngineOptions const& options, EndRun end_run)
    : ledger_(ports.ledger), provider_(ports.provider), journal_(ports.journal),
      clock_(ports.clock), options_(options), end_run_(std::move(end_run)) {}

std::string LedgerLink::identity_of(std::string const& account) const {
    return provider_.identity_of(account);
}

awaitable<void> LedgerLink::enter(DirectoryFacts facts) {
    auto const names = co_await ledger_->enter(std::move(facts));
    if (!names) co_return check();
    for (auto const& name : *names) names_.insert_or_assign(name.step, name.task_id);
}

std::string LedgerLink::take_name(Digest const& step) {
    auto named = names_.extract(step);
    return named.empty() ? std::string() : std::move(named.mapped());
}

awaitable<Grant> LedgerLink::grant(AccountWish const& wish, AccountTerms terms) {
    GrantRequest request;
    request.step = *wish.step;
    request.nonce = wish.attempt;
    request.identity = identity_of(terms.name);
    request.request = wish.request;
    request.price = wish.price;
    request.places = terms.places;
    request.interval = terms.interval;
    request.facts = journal_.durable_facts();
    if (options_.caps_at) request.caps = options_.caps_at(clock_.wall());
    Grant grant = co_await ledger_->grant(std::move(request));
    if (grant.what != Grant::What::full && grant.what != Grant::What::rate) held_.erase(*wish.step);
    if (grant.what == Grant::What::unavailable) lose_ledger(grant.why.message);
    if (has_waited_long(terms.name, grant.what)) co_await say_who_has_places(std::move(terms.name));
    co_return grant;
}

/// Those beyond the limit are for the next run.
awaitable<bool> LedgerLink::find_held() {
    constexpr std::size_t held_max = 200'000;
    Digest last{};
    bool const is_first = !std::exchange(has_looked_, true);
    while (is_first && is_on() && held_.size() < held_max) {
        auto const some = co_await ledger_->held_after(last);
        if (!some) {
            check();
            break;
        }
        if (some->empty()) break;
        last = some->back();
        for (auto const& step : *some) {
            auto const known = journal_.find(step);
            auto const phase = known ? known->phase : Phase::wanted;
            if (phase == Phase::wanted || phase == Phase::skipped) held_.insert(step);
        }
        co_await clock_.sleep_for(Duration()); // others have their turn
    }
    co_return holds_any();
}

/// Returns true when a person may ask what the run waits for.
bool LedgerLink::has_waited_long(std::string const& account, Grant::What answer) {
    constexpr auto until_said = std::chrono::seconds(10);
    constexpr auto until_said_again = std::chrono::minutes(5);
    if (answer != Grant::What::full) {
        waits_.erase(account);
        return false;
    }
    auto const now = clock_.now();
    auto& say_at = waits_.try_emplace(account, now + until_said).first->second;
    if (now < say_at || !options_.on_places_taken) return false;
    say_at = now + until_said_again;
    return true;
}

awaitable<void> LedgerLink::say_who_has_places(std::string account) {
    if (!is_on()) co_return;
    auto const who = co_await ledger_->places_taken_by(identity_of(account));
    options_.on_places_taken(account, who);
}

std::string LedgerLink::words_for(Grant const& spent) const {
    if (spent.is_of_campaign)
        return "that of all shards together, which 'darkroom ledger set' raises";
    return options_.cap_words ? options_.cap_words(spent.cap, spent.spent) : std::string();
}

awaitable<Entered> LedgerLink::adopt(Digest step, std::string task_id) {
    if (!is_on()) co_return Entered::done;
    auto const entered = co_await ledger_->adopt(step, std::move(task_id));
    if (entered == Entered::unavailable) check();
    co_return entered;
}

awaitable<bool> LedgerLink::settle_free(Digest step) {
    if (!is_on()) co_return false; // it failed for another step, while this one waited
    auto const entered = co_await ledger_->settle(step, LastWord::free, std::string());
    if (entered == Entered::unavailable) check();
    co_return entered == Entered::done;
}

awaitable<OtherRuns> LedgerLink::others(std::string account, std::vector<std::string> tasks) {
    auto found = co_await ledger_->others(identity_of(account), std::move(tasks));
    if (!found.is_known) check();
    co_return found;
}

awaitable<Duration> LedgerLink::look_turn(std::string account, Duration pace, int questions) {
    auto const wait = co_await ledger_->look_turn(identity_of(account), pace, questions);
    check();
    co_return wait;
}

void LedgerLink::name(Digest const& step, std::string const& task_id) {
    if (is_on()) ledger_->name(step, task_id);
}

void LedgerLink::note_paid(Digest const& step, std::string const& task_id) {
    if (is_on()) ledger_->note_paid(step, task_id);
}

void LedgerLink::lose(Digest const& step) {
    if (is_on()) ledger_->lose(step);
}

void LedgerLink::set_aside(Digest const& step) {
    if (is_on()) ledger_->set_aside(step);
}

void LedgerLink::charge_again(Digest const& step, std::string const& task_id,
                              std::string const& account, jobs::Micros cost) {
    if (is_on()) ledger_->charge_again(step, task_id, identity_of(account), cost);
}

void LedgerLink::slow_down(std::string const& account, Duration wait) {
    if (is_on()) ledger_->slow_down(identity_of(account), wait);
}

void LedgerLink::park(std::string const& account, Problem const& why) {
    if (is_on()) ledger_->park(identity_of(account), why);
}

void LedgerLink::check() {
    if (ledger_ == nullptr) return;
    auto const failure = ledger_->failure();
    if (failure.code) lose_ledger(failure.message());
}

/// A run that may spend so much a day must not go on without knowing what the others spend.
void LedgerLink::lose_ledger(std::string why) {
    if (ledger_ == nullptr) return;
    switch (ledger_->after_failure()) {
    case AfterFailure::goes_on_alone: break;
    case AfterFailure::ends: return end_run_(RunEnd::ledger_failed, Error(error_code(), why));
    case AfterFailure::ends_for_now: return end_run_(RunEnd::ledger_away, Error(error_code(), why));
    case AfterFailure::is_replaced: return end_run_(RunEnd::shard_taken, Error(error_code(), why));
    }
    if (options_.caps_at) return end_run_(RunEnd::ledger_failed, Error(error_code(), why));
    ledger_ = nullptr;
    if (options_.on_ledger_lost) options_.on_ledger_lost(why);
}

void add_others(SearchContext& context, OtherRuns const& others,
                std::vector<LostRequest const*> const& asked) {
    for (auto const& other : others.requests) {
        auto const equal = std::find_if(asked.begin(), asked.end(), [&](auto const* lost) {
            return sha256(lost->key) == other.request;
        });
        bool const is_equal = equal != asked.end();
        if (other.state == OtherRequest::State::in_flight) {
            // a request that equals none of ours still has a record that nobody has
            context.unnamed.push_back({is_equal ? (*equal)->key : std::string(), other.sent_at});
            continue;
        }
        if (other.state == OtherRequest::State::lost) {
            context.others_are_lost = true;
            continue;
        }
        if (!is_equal) continue;
        context.of_others.push_back(as_lost(other, **equal));
        auto const age = context.began - other.sent_at;
        bool const is_over = age >= context.total;
        context.found.push_back({&context.of_others.back(), is_over, is_over,
                                 age >= std::chrono::hours(1), other.sent_at + context.total});
    }
}

} // namespace darkroom::engine
