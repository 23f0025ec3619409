#include "tests/simulation/sim_journal.hpp"

#include <algorithm>

namespace darkroom::simulation {

using namespace std::chrono_literals;
using engine::Event;
using engine::Phase;
using engine::StepState;

namespace {

std::string task_named_by(engine::Fact const& fact) {
    if (auto const* accepted = std::get_if<engine::Accepted>(&fact)) return accepted->task_id;
    if (auto const* finished = std::get_if<engine::Finished>(&fact))
        return finished->answer.task_id;
    if (auto const* failed = std::get_if<engine::Failed>(&fact)) return failed->problem.task_id;
    if (auto const* aside = std::get_if<engine::SetAside>(&fact)) return aside->task_id;
    return {};
}

} // namespace

SimJournal::SimJournal(Clock& clock, Chance& chance, Power const& power, Disk& disk)
    : clock_(clock), chance_(chance), power_(power), disk_(disk), handed_in_(disk.facts.size()) {
    for (auto const& event : disk_.facts) take(event);
}

void SimJournal::note(Event event) {
    if (!power_.on) return;
    take(event);
    pending_.push_back(std::move(event));
    ++handed_in_;
}

engine::awaitable<Result<>> SimJournal::append(Event event) {
    bool const waits = !forgets_to_wait || !std::holds_alternative<engine::Submitted>(event.fact);
    note(std::move(event));
    std::size_t const mine = handed_in_;
    if (!waits) co_return Result<>();
    Time const committed = clock_.now() + commit_time + chance_.time(0ms, 30ms);
    co_await clock_.sleep_until(committed);
    if (!power_.on) co_return Result<>();
    if (disk_.facts.size() < mine) make_durable(mine - disk_.facts.size());
    co_return Result<>();
}

void SimJournal::make_durable(std::size_t count) {
    for (; count > 0; --count) {
        disk_.facts.push_back(std::move(pending_.front()));
        pending_.pop_front();
    }
}

void SimJournal::crash() {
    auto const survivors = chance_.between(0, static_cast<std::int64_t>(pending_.size()));
    make_durable(static_cast<std::size_t>(survivors));
}

std::optional<StepState> SimJournal::find(Digest const& step) {
    ++finds;
    auto const found = states_.find(step);
    if (found == states_.end()) return std::nullopt;
    return found->second;
}

std::vector<std::pair<Digest, StepState>> SimJournal::unsettled_steps() {
    std::vector<std::pair<Digest, StepState>> open;
    std::copy_if(states_.begin(), states_.end(), std::back_inserter(open),
                 [](auto const& entry) { return entry.second.unsettled(); });
    return open;
}

void SimJournal::take(Event const& event) {
    auto& state = states_[event.step];
    state.apply(event);
    auto const id = task_named_by(event.fact);
    if (id.empty() || (state.attempt == 0 && state.identity.empty()) ||
        !named_.emplace(id, event.step).second)
        return;
    auto& task = tasks_.emplace_back();
    task.task_id = id;
    task.step = event.step;
    task.identity = state.identity;
    task.account = state.account;
    task.service = state.info.service;
    task.endpoint = state.info.service->endpoint_of(state.info.action).path;
    task.request = state.info.request;
    task.order = state.order;
    task.sent_at = state.submitted_at;
    task.named_at = event.at;
    task.by_search = state.by_search;
}

std::optional<Digest> SimJournal::step_of(std::string const& task_id) {
    auto const found = named_.find(task_id);
    if (found == named_.end()) return std::nullopt;
    return found->second;
}

std::vector<engine::KnownTask> SimJournal::recent_tasks(std::size_t most) {
    auto const count = static_cast<std::ptrdiff_t>(std::min(most, tasks_.size()));
    return {tasks_.rbegin(), tasks_.rbegin() + count};
}

std::vector<std::pair<Digest, engine::StepState>> SimJournal::recent_unnamed(std::size_t) {
    std::vector<std::pair<Digest, engine::StepState>> steps;
    for (auto const& [key, state] : states_) {
        bool const is_text = state.phase == Phase::finished && engine::makes_text(state.info);
        if (is_text && state.task_id.empty()) steps.emplace_back(key, state);
    }
    return steps;
}

bool SimJournal::knows_task(std::string const& task_id) { return named_.contains(task_id); }

void SimJournal::for_each_payment_backwards(
    std::function<bool(engine::Payment const&)> const& take) {
    for (auto event = disk_.facts.rbegin(); event != disk_.facts.rend(); ++event) {
        auto const payment = engine::payment_of(*event);
        if (payment && !take(*payment)) return;
    }
}

engine::Totals SimJournal::totals() {
    engine::Totals totals;
    for (auto const& [key, state] : states_) {
        if (state.phase == Phase::finished) {
            ++totals.paid;
            totals.cost += state.price;
        } else if (state.phase == Phase::open) {
            ++totals.open;
            totals.open_price += state.price;
        }
    }
    return totals;
}

std::map<std::string, engine::Totals> SimJournal::paid_by_account() {
    std::map<std::string, engine::Totals> paid;
    for (auto const& [key, state] : states_) {
        if (state.phase != Phase::finished) continue;
        ++paid[state.account].paid;
        paid[state.account].cost += state.price;
    }
    return paid;
}

SimDone::SimDone(Disk const& disk, engine::ImageStore& images, Known known) {
    std::map<Digest, StepState> states;
    for (auto const& event : disk.facts) states[event.step].apply(event);
    for (auto const& [step, state] : states) {
        bool const there = std::all_of(state.saved.begin(), state.saved.end(),
                                       [&](auto const& image) { return images.has(image); });
        if (state.phase != Phase::finished || state.unsettled() || !there) continue;
        auto& done = done_[step];
        done.images = static_cast<int>(state.saved.size());
        bool const is_known = known == Known::all_offers || step.front() % 2 == 0;
        if (is_known) done.actions = state.answer.actions;
    }
}

std::optional<engine::DoneStep> SimDone::find(Digest const& step) const {
    auto const found = done_.find(step);
    if (found == done_.end()) return std::nullopt;
    auto const& done = found->second;
    return engine::DoneStep{done.images, done.actions ? &*done.actions : nullptr};
}

std::vector<WallTime::duration> times_unknown(Disk const& disk) {
    std::vector<WallTime::duration> times;
    std::map<Digest, WallTime> since;
    for (auto const& event : disk.facts) {
        auto const* failed = std::get_if<engine::Failed>(&event.fact);
        if (failed != nullptr && failed->problem.verdict == engine::Verdict::unknown) {
            since.try_emplace(event.step, event.at);
            continue;
        }
        auto const lost = since.find(event.step);
        if (lost == since.end()) continue;
        times.push_back(event.at - lost->second);
        since.erase(lost);
    }
    return times;
}

} // namespace darkroom::simulation
