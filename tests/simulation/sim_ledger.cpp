#include "tests/simulation/sim_ledger.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace darkroom::simulation {

using namespace std::chrono_literals;
using engine::Entered;
using engine::Fate;
using engine::Grant;
using engine::LastWord;
using engine::OtherRequest;

namespace {

Grant grant_of(Grant::What what, Duration wait = {}) {
    Grant grant;
    grant.what = what;
    grant.wait = wait;
    return grant;
}

WallTime ms_later(WallTime time, Duration later) {
    return time + std::chrono::duration_cast<std::chrono::milliseconds>(later);
}

} // namespace

jobs::Micros SimBook::spent_since(std::string const& identity, WallTime since) const {
    auto const account = accounts.find(identity);
    if (account == accounts.end()) return 0;
    jobs::Micros sum = 0;
    for (auto const& [at, cost] : account->second.spent) sum += at >= since ? cost : 0;
    return sum;
}

SimLedger::SimLedger(Clock& clock, SimBook& book, Setup setup)
    : clock_(clock), book_(book), setup_(std::move(setup)), number_(++book.runs) {
    if (setup_.fails_after) fails_at_ = clock_.now() + *setup_.fails_after;
}

Error SimLedger::failure() const {
    if (!has_failed()) return {};
    return Error(make_error_code(boost::system::errc::io_error), "the ledger is gone");
}

/// The way to the ledger and back takes time, and the machine may lose its power on it.
engine::awaitable<void> SimLedger::travel() {
    if (setup_.chance == nullptr) co_return;
    auto const time = setup_.chance->time(0ms, 20ms);
    co_await clock_.sleep_for(time);
    bool const has_power = setup_.power == nullptr || setup_.power->on;
    if (!has_power) throw boost::system::system_error(boost::asio::error::operation_aborted);
}

SimLedger::Step* SimLedger::find(Digest const& step) {
    auto const found = book_.steps.find({setup_.run, step});
    return found == book_.steps.end() ? nullptr : &found->second;
}

bool SimLedger::claim(Digest const& step, std::string const& identity, std::string const& task) {
    if (book_.broken == BrokenBook::shares_tasks) return true;
    SimBook::Key const mine{setup_.run, step};
    return book_.tasks.emplace(std::pair(identity, task), mine).first->second == mine;
}

void SimLedger::give_place_back(Step& step) {
    bool const counts = step.has_place || book_.broken == BrokenBook::settles_again;
    if (counts) --book_.accounts[step.identity].open;
    step.has_place = false;
}

engine::awaitable<std::optional<std::vector<engine::NamedStep>>>
SimLedger::enter(engine::DirectoryFacts facts) {
    co_await travel();
    if (has_failed()) co_return std::nullopt;
    identities_.insert(facts.identities.begin(), facts.identities.end());
    std::vector<engine::NamedStep> named;
    std::set<Digest> open;
    for (auto const& one : facts.open) {
        open.insert(one.step);
        enter_open(one, facts, named);
    }
    for (auto& [key, step] : book_.steps) {
        bool const is_left = key.first == setup_.run && step.state == Step::State::open;
        if (!is_left || open.contains(key.second)) continue;
        auto const fate = facts.fate_of(key.second, step.sent_at, step.nonce);
        bool const is_older = facts.facts < book_.seen[setup_.run];
        bool const is_ours = step.nonce != 0 && !step.is_of_lost_life;
        bool const is_unsent =
            fate == Fate::never_sent && is_ours && !is_older && !step.has_left && step.task.empty();
        bool const is_guessed = book_.broken == BrokenBook::forgets_unknown;
        bool const is_over = fate == Fate::paid || fate == Fate::free || is_unsent || is_guessed;
        if (fate == Fate::paid && step.task.empty() && facts.task_of) {
            auto const task = facts.task_of(key.second);
            if (!task.empty() && claim(key.second, step.identity, task)) step.task = task;
        }
        if (is_over) close(step, fate == Fate::paid ? LastWord::paid : LastWord::free);
        step.is_of_lost_life = !is_over;
    }
    book_.seen[setup_.run] = facts.facts;
    auto const tasks = facts.more ? facts.more(100'000) : facts.recent;
    for (auto const& task : tasks) claim(task.step, task.identity, task.task_id);
    if (facts.payments && book_.broken != BrokenBook::forgets_payments) {
        facts.payments([&](engine::Payment const& payment) {
            enter_payment(payment, facts.payer_of(payment));
            return true;
        });
    }
    co_await travel();
    co_return named;
}

void SimLedger::enter_payment(engine::Payment const& payment, std::string const& identity) {
    constexpr auto longest_month = 32 * 24h;
    SimBook::Key const key{setup_.run, payment.step};
    auto const* const known = find(payment.step);
    bool const is_paid = !payment.is_again && known != nullptr && known->state == Step::State::paid;
    bool const is_old = payment.at < clock_.wall() - longest_month;
    if (is_paid || is_old || book_.charges.contains({key, payment.task_id})) return;
    bool const is_ours = payment.task_id.empty() || claim(payment.step, identity, payment.task_id);
    if (!is_ours && book_.tasks.at({identity, payment.task_id}).first != setup_.run) return;
    book_.accounts[identity].spent.emplace_back(payment.at, payment.cost);
    if (payment.is_again) {
        book_.charges.emplace(key, payment.task_id);
        return;
    }
    Step paid;
    paid.identity = identity;
    paid.process = -1;
    paid.price = payment.cost;
    paid.state = Step::State::paid;
    paid.task = payment.task_id;
    paid.sent_at = payment.at;
    paid.ends_at = payment.at;
    book_.steps.insert_or_assign(key, paid);
}

void SimLedger::enter_open(engine::OpenStep const& open, engine::DirectoryFacts const& facts,
                           std::vector<engine::NamedStep>& named) {
    auto* step = find(open.step);
    bool const is_known = step != nullptr && step->state != Step::State::free;
    if (is_known && step->sent_at > open.sent_at) {
        overtaken_.insert(open.step);
        return;
    }
    if (!is_known) {
        Step fresh;
        fresh.identity = open.identity;
        fresh.process = -1;
        fresh.request = open.request;
        fresh.price = open.price;
        fresh.sent_at = open.sent_at;
        fresh.ends_at = ms_later(open.sent_at, setup_.total);
        fresh.has_place = fresh.ends_at > clock_.wall();
        fresh.is_lost = true;
        auto& account = book_.accounts[open.identity];
        account.open += fresh.has_place ? 1 : 0;
        account.spent.emplace_back(open.sent_at, open.price);
        step = &book_.steps.insert_or_assign({setup_.run, open.step}, fresh).first->second;
    }
    bool const has_more = open.task_id.empty() && !step->task.empty();
    if (has_more && facts.knows_task && facts.knows_task(step->task))
        step->task.clear();
    else if (has_more)
        named.push_back({open.step, step->task});
    if (open.task_id.empty() || !claim(open.step, open.identity, open.task_id)) return;
    step->task = open.task_id;
    step->by_search = open.by_search;
}

engine::awaitable<Grant> SimLedger::grant(engine::GrantRequest request) {
    co_await travel();
    if (has_failed()) co_return Grant();
    auto grant = answer(request);
    co_await travel();
    co_return grant;
}

Grant SimLedger::held_grant(Grant::What what, Step const& step) const {
    auto grant = grant_of(what);
    if (identities_.contains(step.identity)) grant.held.identity = step.identity;
    grant.held.request = step.request;
    grant.held.task_id = step.task;
    grant.held.by_search = step.by_search;
    grant.held.is_paid = step.state == Step::State::paid;
    grant.held.sent_at = step.sent_at;
    return grant;
}

Grant SimLedger::answer(engine::GrantRequest const& request) {
    overtaken_.erase(request.step);
    if (auto const* step = find(request.step)) {
        if (step->state == Step::State::paid) return held_grant(Grant::What::paid, *step);
        bool const is_same = step->process == setup_.process && step->nonce == request.nonce;
        if (step->state == Step::State::open && is_same) return grant_of(Grant::What::go);
        if (step->state == Step::State::open) return held_grant(Grant::What::open, *step);
    }
    auto& account = book_.accounts[request.identity];
    if (number_ < account.parked_before) {
        auto parked = grant_of(Grant::What::parked);
        parked.why = account.why;
        return parked;
    }
    sweep(request.identity);
    bool const counts = book_.broken != BrokenBook::counts_no_places;
    if (counts && account.open >= request.places) return grant_of(Grant::What::full, 100ms);
    auto const at = std::max(account.next_at, account.hold_until);
    if (at > clock_.now()) return grant_of(Grant::What::rate, at - clock_.now());
    std::optional<Grant> over;
    for (auto const& cap : request.caps) {
        bool const is_alone = book_.broken == BrokenBook::counts_no_money;
        auto const spent = is_alone ? 0 : book_.spent_since(request.identity, cap.since);
        if (spent + request.price <= cap.most) continue;
        over = grant_of(Grant::What::spent);
        over->cap = cap;
        over->spent = spent;
    }
    if (over) {
        auto grant = *over;
        for (auto const& [key, step] : book_.steps)
            grant.may_change |= key.first != setup_.run && step.identity == request.identity &&
                                step.state == Step::State::open && !step.is_lost &&
                                clock_.wall() < step.ends_at + 1min && step.process >= 0 &&
                                !book_.dead.contains(step.process);
        return grant;
    }
    book_.seen[setup_.run] = request.facts;
    ++account.open;
    bool const is_late = account.next_at >= clock_.now() - 100ms;
    account.next_at = (is_late ? account.next_at : clock_.now()) + request.interval;
    account.spent.emplace_back(clock_.wall(), request.price);
    Step step;
    step.identity = request.identity;
    step.process = setup_.process;
    step.nonce = request.nonce;
    step.request = request.request;
    step.price = request.price;
    step.has_place = true;
    step.sent_at = clock_.wall();
    step.ends_at = ms_later(step.sent_at, setup_.total);
    book_.steps.insert_or_assign({setup_.run, request.step}, step);
    return grant_of(Grant::What::go);
}

void SimLedger::sweep(std::string const& identity) {
    for (auto& [key, step] : book_.steps) {
        bool const is_dead = step.process < 0 || book_.dead.contains(step.process);
        bool const frees_dead = book_.broken == BrokenBook::forgets_dead;
        auto const end = is_dead ? step.ends_at : step.ends_at + 1min;
        bool const is_over = end <= clock_.wall() || (is_dead && frees_dead);
        if (step.has_place && step.identity == identity && is_over) give_place_back(step);
    }
}

bool SimLedger::may_send(Digest const& step) {
    auto* const found = is_off() ? nullptr : find(step);
    if (found != nullptr) found->has_left = true;
    return true;
}

void SimLedger::name(Digest const& step, std::string const& task_id) {
    if (is_off()) return;
    auto* const found = find(step);
    bool const is_open = found != nullptr && found->state == Step::State::open;
    if (!is_open || overtaken_.contains(step) || !claim(step, found->identity, task_id)) return;
    found->task = task_id;
    found->by_search = false;
}

engine::awaitable<Entered> SimLedger::adopt(Digest step, std::string task_id) {
    co_await travel();
    if (has_failed()) co_return Entered::unavailable;
    auto* const found = find(step);
    auto entered = Entered::known;
    bool const is_ours = found == nullptr || claim(step, found->identity, task_id);
    if (!is_ours) entered = Entered::taken;
    bool const is_it = found != nullptr && !overtaken_.contains(step);
    if (is_ours && is_it && found->state == Step::State::open) {
        entered = Entered::done;
        found->task = task_id;
        found->by_search = true;
        found->named_at = clock_.wall();
    }
    co_await travel();
    co_return entered;
}

void SimLedger::close(Step& step, LastWord word) {
    step.state = word == LastWord::paid ? Step::State::paid : Step::State::free;
    give_place_back(step);
    step.is_lost = false;
    if (word == LastWord::free)
        book_.accounts[step.identity].spent.emplace_back(step.sent_at, -step.price);
}

engine::awaitable<Entered> SimLedger::settle(Digest step, LastWord word, std::string task_id) {
    co_await travel();
    if (has_failed()) co_return Entered::unavailable;
    auto* const found = find(step);
    auto entered = Entered::known;
    bool const may_settle = found != nullptr && (found->state == Step::State::open ||
                                                 book_.broken == BrokenBook::settles_again);
    bool const is_overtaken = word == LastWord::free && overtaken_.contains(step);
    if (may_settle && !is_overtaken) {
        bool const is_named = word == LastWord::paid && !task_id.empty();
        bool const is_ours = !is_named || claim(step, found->identity, task_id);
        entered = is_ours ? Entered::done : Entered::taken;
        if (is_ours && is_named) found->task = task_id;
        if (is_ours) close(*found, word);
    }
    co_await travel();
    co_return entered;
}

void SimLedger::note_paid(Digest const& step, std::string const& task_id) {
    auto* const found = is_off() ? nullptr : find(step);
    bool const may_settle = found != nullptr && (found->state == Step::State::open ||
                                                 book_.broken == BrokenBook::settles_again);
    if (!may_settle) return;
    if (!task_id.empty() && claim(step, found->identity, task_id)) found->task = task_id;
    close(*found, LastWord::paid);
}

void SimLedger::lose(Digest const& step) {
    auto* const found = is_off() ? nullptr : find(step);
    if (overtaken_.contains(step) || found == nullptr || found->state != Step::State::open) return;
    give_place_back(*found);
    found->is_lost = true;
}

void SimLedger::set_aside(Digest const& step) {
    auto* const found = is_off() ? nullptr : find(step);
    if (overtaken_.contains(step) || found == nullptr || found->state != Step::State::open) return;
    found->task.clear();
    found->by_search = false;
}

void SimLedger::charge_again(Digest const& step, std::string const& task_id,
                             std::string const& identity, jobs::Micros cost) {
    bool const is_new =
        !is_off() && book_.charges.emplace(SimBook::Key{setup_.run, step}, task_id).second;
    if (is_new) book_.accounts[identity].spent.emplace_back(clock_.wall(), cost);
}

engine::awaitable<engine::OtherRuns> SimLedger::others(std::string identity,
                                                       std::vector<std::string> tasks) {
    co_await travel();
    engine::OtherRuns others;
    if (has_failed()) co_return others;
    others.is_known = true;
    bool const is_blind = book_.broken == BrokenBook::shares_tasks;
    for (auto const& task : tasks) {
        auto const found = book_.tasks.find({identity, task});
        bool const is_theirs = found != book_.tasks.end() && found->second.first != setup_.run;
        if (is_theirs && !is_blind) others.tasks.push_back(task);
    }
    for (auto const& [key, step] : book_.steps) {
        if (key.first == setup_.run || step.identity != identity) continue;
        OtherRequest other{OtherRequest::State::found, key.second, step.request, step.sent_at,
                           step.named_at};
        bool const is_recent = step.sent_at > clock_.wall() - 25h;
        if (step.by_search && is_recent) others.requests.push_back(other);
        if (step.state != Step::State::open || !step.task.empty()) continue;
        bool const is_alive = step.process >= 0 && !book_.dead.contains(step.process);
        bool const may_fly = is_alive && !step.is_lost && clock_.wall() < step.ends_at + 1min;
        other.state = may_fly ? OtherRequest::State::in_flight : OtherRequest::State::lost;
        bool const is_ignored = may_fly && book_.broken == BrokenBook::ignores_in_flight;
        if (!is_ignored) others.requests.push_back(other);
    }
    co_await travel();
    co_return others;
}

engine::awaitable<std::optional<std::vector<Digest>>> SimLedger::held_after(Digest after) {
    constexpr std::size_t most = 2; // so that several calls are needed
    co_await travel();
    std::optional<std::vector<Digest>> held;
    if (has_failed()) co_return held;
    held.emplace();
    for (auto step = book_.steps.upper_bound({setup_.run, after});
         step != book_.steps.end() && step->first.first == setup_.run && held->size() < most;
         ++step)
        if (step->second.state != Step::State::free) held->push_back(step->first.second);
    co_return held;
}

engine::awaitable<Duration> SimLedger::look_turn(std::string identity, Duration pace,
                                                 int questions) {
    co_await travel();
    auto& account = book_.accounts[identity];
    auto const at = std::max(account.look_at, clock_.now());
    account.look_at = at + pace * questions;
    co_return at - clock_.now();
}

void SimLedger::slow_down(std::string const& identity, Duration wait) {
    if (is_off()) return;
    auto& account = book_.accounts[identity];
    account.hold_until = std::max(account.hold_until, clock_.now() + wait);
}

void SimLedger::park(std::string const& identity, engine::Problem const& why) {
    if (is_off()) return;
    auto& account = book_.accounts[identity];
    account.parked_before = book_.runs + 1;
    account.why = why;
}

} // namespace darkroom::simulation
