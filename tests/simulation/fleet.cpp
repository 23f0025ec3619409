#include "tests/simulation/fleet.hpp"

#include "runner/base/text.hpp"
#include "runner/base/time_text.hpp"
#include "tests/simulation/tracer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace darkroom::simulation {

using namespace std::chrono_literals;
using engine::Phase;
using engine::RunEnd;

namespace {

constexpr std::size_t handlers_max = 4'000'000;

/// Faults after which everybody knows what became of the request.
Faults telling_faults() {
    Faults faults;
    faults.lost_before = faults.lost_after = faults.server_error = faults.cut = 0;
    return faults;
}

} // namespace

struct Fleet::Machine {
    /// The files of the run directory.
    struct Files {
        Disk disk;
        Folder folder;
        MarkFile marks;
    };

    std::string name;
    Power power;
    Disk disk;
    Folder folder;
    MarkFile marks;
    Files copy; ///< An earlier state; at first an empty directory.
    bool has_spoken = false;
    jobs::Delivery delivery = jobs::Delivery::stream;
    engine::EngineOptions options;
    std::vector<std::shared_ptr<jobs::Item const>> items;
    std::unique_ptr<Life> life;
    bool must_start = false;
    bool has_ended = false; ///< It was not killed.
    engine::RunResult result;
};

struct Fleet::Life {
    Life(Fleet& fleet, Machine& machine)
        : process(++fleet.processes_), observer(fleet.trace, machine.name),
          journal(fleet.clock_, fleet.chance_, machine.power, machine.disk),
          images(fleet.clock_, fleet.chance_, machine.power, machine.folder),
          done(machine.disk, images), marks(machine.marks, machine.power),
          provider(fleet.context_.get_executor(), fleet.service_, fleet.clock_,
                   setup(fleet, machine)),
          ledger(fleet.clock_, fleet.book_,
                 {machine.name, process, machine.options.patience, &machine.power, &fleet.chance_,
                  fleet.end_of_ledger()}),
          conductor(fleet.context_.get_executor(),
                    {fleet.clock_, provider, journal, images, observer, &done, &marks, &ledger},
                    machine.options) {}

    static SimProvider::Setup setup(Fleet& fleet, Machine& machine) {
        SimProvider::Setup setup;
        setup.delivery = machine.delivery;
        setup.life = fleet.processes_;
        setup.power = &machine.power;
        setup.has_spoken = &machine.has_spoken;
        return setup;
    }

    int process;
    Tracer observer;
    SimJournal journal;
    SimImages images;
    SimDone done;
    SimMarks marks;
    SimProvider provider;
    SimLedger ledger;
    engine::Conductor conductor;
    std::size_t next = 0;
    bool is_over = false;
    std::exception_ptr defect;
};

Fleet::Fleet(std::uint64_t seed, BrokenBook broken) : chance_(seed) {
    book_.broken = broken;
    loses_answers_ = chance_.of(60);
    bool const may_lose = broken == BrokenBook::nothing || broken == BrokenBook::forgets_payments;
    loses_ledger_ = !loses_answers_ && may_lose && chance_.of(50);
    restores_copies_ = !loses_ledger_ && chance_.of(50);
    if (!loses_answers_) service_.faults = telling_faults();
    service_.add_history("");
    begun_ = clock_.wall();
    make_machines();
}

Fleet::~Fleet() = default;

void Fleet::make_machines() {
    auto const count = chance_.between(2, 4);
    auto const allowance = static_cast<int>(chance_.between(1, 5));
    std::int64_t steps = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        auto machine = std::make_unique<Machine>();
        machine->name = fmt::format("machine-{}", i);
        machine->delivery = chance_.of(70) ? jobs::Delivery::stream : jobs::Delivery::poll;
        auto& options = machine->options;
        options.limits.concurrency = allowance;
        options.limits.rate = static_cast<double>(chance_.between(1, 8)) / 2;
        options.limits.failures = 0;
        options.retry.attempts = 20;
        options.seed = chance_.seed();
        price_ = options.prices.otherwise;
        make_items(*machine);
        steps += static_cast<std::int64_t>(machine->items.size());
        machines_.push_back(std::move(machine));
    }
    places_ = allowance;
    if (loses_ledger_ || !chance_.of(30)) return;
    cap_ = chance_.between(1, steps) * price_;
    for (auto& machine : machines_)
        machine->options.caps_at = [this](WallTime) {
            return std::vector{engine::SpendingCap{begun_, *cap_}};
        };
}

void Fleet::make_items(Machine& machine) {
    auto const count = chance_.between(1, 5);
    for (std::int64_t i = 0; i < count; ++i) {
        auto then = std::make_shared<std::vector<jobs::Branch>>();
        if (chance_.of(30)) then->push_back({{"upscale1"}, true, {}, {}});
        auto item = std::make_shared<jobs::Item>();
        item->job = "job";
        item->index = static_cast<std::uint64_t>(i);
        // many machines want the same pictures
        auto const subject = chance_.between(1, 3);
        item->request.body =
            json::Object{{"action", "generate"}, {"prompt", fmt::format("boat {}", subject)}};
        if (loses_ledger_) // without one, nothing tells equal requests of two machines apart
            item->request.body.set("prompt", fmt::format("boat {} of {}", subject, machine.name));
        item->repeat = static_cast<int>(i);
        item->then = then;
        machine.items.push_back(std::move(item));
    }
}

/// In the calm at the end nobody loses it.
std::optional<Duration> Fleet::end_of_ledger() {
    bool const is_lost = loses_ledger_ && !is_calm_ && chance_.of(50);
    if (!is_lost) return std::nullopt;
    return chance_.time(0s, 10min);
}

void Fleet::start(Machine& machine) {
    ++lives;
    machine.must_start = false;
    machine.power.on = true;
    machine.life = std::make_unique<Life>(*this, machine);
    auto* const life = machine.life.get();
    auto source = [&machine, life]() -> Result<std::shared_ptr<jobs::Item const>> {
        if (life->next == machine.items.size()) return std::shared_ptr<jobs::Item const>();
        return machine.items[life->next++];
    };
    auto on_end = [&machine, life](std::exception_ptr error, engine::RunResult result) {
        life->is_over = true;
        life->defect = error;
        machine.result = std::move(result);
    };
    boost::asio::co_spawn(context_, life->conductor.run(source), on_end);
}

void Fleet::kill(Machine& machine) {
    if (trace) fmt::print("{} dies\n", machine.name);
    machine.power.on = false;
    machine.life->journal.crash();
    book_.dead.insert(machine.life->process);
    if (chance_.of(20)) machine.marks.reboot();
    machine.life->conductor.stop();
    machine.life->conductor.stop();
}

void Fleet::keep_copy(Machine& machine) {
    machine.copy = {machine.disk, machine.folder, machine.marks};
}

/// On another machine, or after a reboot: the marks say nothing any more.
void Fleet::restore_copy(Machine& machine) {
    if (trace) fmt::print("{} is an older copy\n", machine.name);
    auto const life = machine.marks.life;
    machine.disk = machine.copy.disk;
    machine.folder = machine.copy.folder;
    machine.marks = machine.copy.marks;
    machine.marks.life = life;
    machine.marks.reboot();
}

boost::asio::awaitable<void> Fleet::start_later(Machine& machine, Duration delay) {
    co_await clock_.sleep_for(delay);
    machine.must_start = true;
}

/// Removes a life that is over. Returns whether it had ended by itself.
bool Fleet::reap(Machine& machine) {
    bool const was_killed = !machine.power.on;
    auto const defect = machine.life->defect;
    book_.dead.insert(machine.life->process);
    machine.life.reset();
    if (was_killed) return false;
    if (defect) std::rethrow_exception(defect);
    machine.has_ended = true;
    budget_spent_ = budget_spent_ || machine.result.end == RunEnd::budget_spent;
    return true;
}

void Fleet::run_until_ended(std::size_t deaths) {
    for (auto& machine : machines_) machine->has_ended = false;
    for (auto& machine : machines_) start(*machine);
    std::size_t steps = 0;
    for (;;) {
        bool is_any_left = false;
        for (auto& machine : machines_) {
            if (machine->life && machine->life->is_over && !reap(*machine)) {
                if (restores_copies_ && chance_.of(40)) restore_copy(*machine);
                auto later = start_later(*machine, chance_.time(1s, 20min));
                starts_.spawn(std::move(later));
            }
            if (!machine->life && machine->must_start) start(*machine);
            is_any_left = is_any_left || !machine->has_ended;
        }
        if (!is_any_left) return;
        if (!test::step(context_, clock_)) return complain("a run waits for what never comes");
        if (++steps > handlers_max) return complain("a run does not end");
        ++handlers;
        if (restores_copies_ && chance_.of(1)) {
            for (auto& machine : machines_) {
                if (machine->power.on && chance_.of(5)) keep_copy(*machine);
            }
        }
        if (deaths == 0 || !chance_.of(1) || !chance_.of(30)) continue;
        auto& victim = *machines_[static_cast<std::size_t>(
            chance_.between(0, static_cast<std::int64_t>(machines_.size()) - 1))];
        if (!victim.life || victim.life->is_over || !victim.power.on) continue;
        kill(victim);
        --deaths;
    }
}

void Fleet::live_through() {
    run_until_ended(static_cast<std::size_t>(chance_.between(0, 6)));
    service_.faults = Faults::none();
    is_calm_ = true;
    if (violations_.empty()) settle();
}

bool Fleet::needs_more() const {
    return std::any_of(machines_.begin(), machines_.end(), [](auto const& machine) {
        auto const& result = machine->result;
        bool const is_settled = result.end == RunEnd::all_done ||
                                (result.end == RunEnd::budget_spent && result.tally.unknown == 0);
        return !is_settled || result.tally.unknown > 0 || result.tally.left > 0;
    });
}

void Fleet::settle() {
    for (int round = 1; round <= 6; ++round) {
        clock_.skip(round == 5 ? 25h : 1h);
        run_until_ended(0);
        if (!violations_.empty() || !needs_more()) return;
    }
    if (!restores_copies_) complain("something stays unknown for ever");
}

/// Returns how many tasks the service ran at once at most.
int Fleet::peak() const {
    std::vector<std::pair<Time, int>> changes;
    for (auto const& task : const_cast<SimService&>(service_).tasks()) {
        if (task.is_foreign) continue;
        changes.emplace_back(task.taken_at, 1);
        changes.emplace_back(task.ends_at, -1);
    }
    std::sort(changes.begin(), changes.end()); // ends come first
    int open = 0;
    int most = 0;
    for (auto const& [at, change] : changes) most = std::max(most, open += change);
    return most;
}

std::vector<std::string> Fleet::violations() {
    if (!violations_.empty()) return violations_;
    check_steps();
    check_money();
    bool const are_all_seen = !loses_answers_ && !loses_ledger_;
    if (auto const most = peak(); are_all_seen && most > places_)
        complain(fmt::format("{} requests were open at once, {} may be", most, places_));
    return violations_;
}

/// Each step has a task of its own and its picture; nothing was paid that no step has.
void Fleet::check_steps() {
    std::set<std::string> owned;
    std::map<std::string, int> had;
    for (auto const& machine : machines_) {
        std::map<Digest, engine::StepState> states;
        for (auto const& event : machine->disk.facts) states[event.step].apply(event);
        for (auto const& [key, state] : states) {
            if (state.phase != Phase::finished) {
                // What an older copy does not know may never be clear: it is not sent again.
                bool const may_stay = restores_copies_ && state.phase == Phase::open;
                if (!budget_spent_ && !may_stay)
                    complain(fmt::format("a step of {} is {}: {}", machine->name,
                                         name_of(state.phase), state.problem.message));
                continue;
            }
            had[state.info.request] += 1 + state.charges_again;
            if (!owned.insert(state.answer.task_id).second)
                complain("two steps have one task: " + state.answer.task_id);
            auto const* task = service_.task_of_id(state.answer.task_id);
            if (task == nullptr || task->request != state.info.request)
                complain("a step has the task of another request: " + state.answer.task_id);
            bool const is_there =
                !state.saved.empty() && machine->folder.contains(state.saved[0].file);
            if (!is_there) complain("a paid picture is not there: " + state.answer.task_id);
        }
    }
    auto const again = service_.taken_back();
    for (auto const& [request, charged] : service_.charges()) {
        auto const taken = again.find(request);
        int const only_booked = restores_copies_ ? count_not_had(request) : 0;
        int const most = had[request] + only_booked + (taken == again.end() ? 0 : taken->second);
        if (charged > most)
            complain(fmt::format("paid {} times, and {} steps have it: {}", charged, had[request],
                                 request));
    }
}

/// Returns how many requests the ledger has as paid or open for steps that have no result: their
/// directory is an older copy, and nothing was looked up because the budget is spent, or in vain.
int Fleet::count_not_had(std::string const& request) const {
    engine::StepInfo info;
    info.request = request;
    auto const digest = engine::request_digest(info);
    int count = 0;
    for (auto const& [key, step] : book_.steps) {
        if (step.request != digest || step.state == SimBook::Step::State::free) continue;
        for (auto const& machine : machines_) {
            if (machine->name != key.first) continue;
            engine::StepState state;
            for (auto const& event : machine->disk.facts)
                if (event.step == key.second) state.apply(event);
            count += state.phase == Phase::finished ? 0 : 1;
        }
    }
    return count;
}

void Fleet::check_money() {
    jobs::Micros spent = 0;
    for (auto const& [request, charged] : service_.charges()) spent += charged * price_;
    jobs::Micros again = 0;
    for (auto const& [request, count] : service_.taken_back()) again += count * price_;
    if (cap_ && spent > *cap_ + again) complain(fmt::format("{} was spent of {}", spent, *cap_));
    bool const is_whole =
        book_.broken == BrokenBook::nothing || book_.broken == BrokenBook::forgets_payments;
    if (!is_whole) return;
    for (auto const& [identity, account] : book_.accounts) {
        jobs::Micros const booked = book_.spent_since(identity, WallTime());
        if (booked < spent) complain("the ledger has less than was charged");
        bool const are_some_unknown = budget_spent_ || restores_copies_;
        if (!are_some_unknown && booked != spent) complain("the ledger has not what was charged");
        if (!are_some_unknown && account.open != 0) complain("a place was never given back");
    }
}

} // namespace darkroom::simulation
