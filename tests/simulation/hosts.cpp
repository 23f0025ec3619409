#include "tests/simulation/hosts.hpp"

#include "runner/base/time_text.hpp"
#include "runner/postgres/error.hpp"
#include "tests/simulation/host_machine.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace darkroom::simulation {

using namespace std::chrono_literals;
using engine::RunEnd;

namespace {

constexpr std::size_t handlers_max = 2'000'000;
constexpr Duration total = 5min; ///< No freeze is longer, so that who thaws still has its requests.

/// The ends after which a scheduler starts the run again.
bool is_for_now(RunEnd end) {
    return end == RunEnd::ledger_away || end == RunEnd::shard_taken || end == RunEnd::ledger_failed;
}

} // namespace

Hosts::Life::Life(Hosts& hosts, Machine& machine)
    : process(++hosts.processes_), observer(hosts.trace, machine.name),
      journal(machine.clock, hosts.chance_, machine.power, machine.disk),
      images(machine.clock, hosts.chance_, machine.power, machine.folder),
      done(machine.disk, images), marks(machine.marks, machine.power),
      provider(context.get_executor(), hosts.service_, machine.clock,
               [&] {
                   SimProvider::Setup setup;
                   setup.delivery = machine.delivery;
                   setup.life = static_cast<int>(process);
                   setup.power = &machine.power;
                   setup.is_cut = &machine.is_cut_from_service;
                   setup.has_spoken = &machine.has_spoken;
                   return setup;
               }()),
      ledger(context.get_executor(), machine.clock, [&] {
          postgres::PostgresOptions options;
          options.line.patience = 60s;
          options.line.seed = hosts.chance_.seed();
          options.line.boot_time = [&machine, &hosts] {
              if (hosts.broken_ != BrokenHosts::guards_by_standing_time)
                  return machine.clock.boot_time();
              auto const passed = machine.clock.now().time_since_epoch();
              return postgres::BootTime{passed, passed};
          };
          options.line.connect = [this, &machine, &hosts]() -> std::unique_ptr<postgres::Database> {
              return std::make_unique<SimDatabase>(context.get_executor(), machine.clock,
                                                   hosts.server_, machine.power,
                                                   machine.is_cut_from_store);
          };
          options.campaign = "night";
          options.shard = machine.shard + 1;
          options.shards = static_cast<int>(hosts.shards_.size());
          options.directory = fmt::format("{} {}", machine.name, machine.directories);
          options.total = total;
          options.budget.generations = hosts.budget_;
          options.holder = {machine.name, machine.name, process, process};
          options.presence = [&machine](postgres::HolderName const& holder) {
              if (holder.machine != machine.name) return postgres::Presence::not_seen;
              bool const is_it = machine.life && machine.life->process == holder.pid;
              return is_it ? postgres::Presence::at_work : postgres::Presence::gone;
          };
          if (hosts.broken_ == BrokenHosts::sends_unguarded) options.guard = options.leave = 24h;
          return options;
      }()) {}

Hosts::Hosts(std::uint64_t seed, BrokenStore broken, BrokenHosts how)
    : chance_(seed), broken_(how), store_([this] { return present(); }) {
    begun_ = clock_.now();
    begun_wall_ = clock_.wall();
    store_.broken = broken;
    service_.clock_ahead = chance_.time(-1h, 1h);
    service_.add_history("");
    loses_answers_ = chance_.of(50);
    auto& faults = service_.faults;
    if (!loses_answers_)
        faults.lost_before = faults.lost_after = faults.server_error = faults.cut = 0;
    strikes_left_ = static_cast<int>(chance_.between(1, 8));
    next_strike_ = static_cast<std::size_t>(chance_.between(1, 800));
    make_shards();
    if (loses_answers_ && are_equal_) { // then many search for the same
        faults.lost_before = 8;
        faults.lost_after = 15;
    }
    make_machines();
    watch();
}

/// A world that has ended too early: its lives end first, since their coroutines use their parts.
Hosts::~Hosts() {
    for (auto& machine : machines_) {
        if (machine->life && !machine->life->is_over && machine->power.on) kill(*machine);
    }
    auto const is_alive = [](auto const& machine) {
        return machine->life && !machine->life->is_over;
    };
    while (std::any_of(machines_.begin(), machines_.end(), is_alive) && take_step()) {
    }
}

HostStore::Us Hosts::present() const {
    auto const passed = std::chrono::floor<std::chrono::microseconds>(clock_.now() - begun_);
    auto const begun = std::chrono::microseconds(begun_wall_.time_since_epoch());
    return (begun + passed).count();
}

void Hosts::make_shards() {
    auto const count = chance_.between(1, 2);
    are_equal_ = chance_.of(50);
    int const subjects = chance_.of(50) ? 1 : 2;
    std::int64_t steps = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        auto& shard = shards_.emplace_back();
        auto const items = chance_.between(1, 3);
        for (std::int64_t number = 0; number < items; ++number) {
            auto then = std::make_shared<std::vector<jobs::Branch>>();
            if (!are_equal_ && chance_.of(20)) then->push_back({{"upscale1"}, true, {}, {}});
            auto item = std::make_shared<jobs::Item>();
            item->job = "job";
            item->index = static_cast<std::uint64_t>(10 * i + number);
            item->repeat = static_cast<int>(item->index);
            // where two directories of a shard have found the tasks of equal requests, each may
            // have the other's: then their follow-ups are of different pictures
            auto const subject = are_equal_ ? chance_.between(1, subjects) : 10 * i + number;
            item->request.body =
                json::Object{{"action", "generate"}, {"prompt", fmt::format("boat {}", subject)}};
            steps += 1 + static_cast<std::int64_t>(then->size());
            item->then = std::move(then);
            shard.items.push_back(std::move(item));
        }
    }
    if (chance_.of(30)) budget_ = chance_.between(1, steps);
}

void Hosts::make_machines() {
    auto const shards = static_cast<std::int64_t>(shards_.size());
    auto const count = chance_.between(std::max<std::int64_t>(shards, 2), 3);
    allowance_ = static_cast<int>(chance_.between(1, 3));
    auto const rate = static_cast<double>(chance_.between(1, 8)) / 2;
    for (std::int64_t i = 0; i < count; ++i) {
        auto machine = std::make_unique<Machine>(clock_, fmt::format("machine-{}", i));
        machine->shard = static_cast<int>(i % shards);
        machine->clock.ahead = chance_.time(-1h, 1h);
        machine->marks.boot = machine->name + "-1";
        machine->delivery = chance_.of(70) ? jobs::Delivery::stream : jobs::Delivery::poll;
        auto& options = machine->options;
        options.limits.concurrency = allowance_;
        options.limits.rate = rate;
        options.limits.failures = 0;
        options.retry.attempts = 20;
        options.patience = total;
        options.seed = chance_.seed();
        if (broken_ == BrokenHosts::concludes_at_once) {
            options.retry.settle = 1ms;
            options.patience = 1s;
        }
        machines_.push_back(std::move(machine));
    }
}

/// Looks at each request that leaves, and at the store after each of its calls.
void Hosts::watch() {
    service_.on_send = [this](std::string const& request) {
        if (!store_.has_open(current_->life->process, digest_of(request)))
            complain(current_->name + " sends what the store has not as its own: " + request);
    };
    service_.on_accept = [this](Task& task) {
        task.sent_at = current_->clock.wall();
        if (!is_calm_ && chance_.of(12))
            current_->strike_in = static_cast<std::size_t>(chance_.between(1, 10));
    };
    server_.on_call = [this] {
        if (auto wrong = store_.contradiction(); !wrong.empty()) complain(std::move(wrong));
    };
    server_.on_grant = [this](std::int64_t process) {
        for (auto& machine : machines_) {
            bool const is_it = machine->life && machine->life->process == process;
            if (is_it && !is_calm_ && chance_.of(8))
                machine->strike_in = static_cast<std::size_t>(chance_.between(1, 10));
        }
    };
}

void Hosts::complain(std::string text) {
    if (trace) fmt::print("!! {}\n{}", text, store_.describe());
    if (violations_.size() < 20) violations_.push_back(std::move(text));
}

void Hosts::say(std::string const& what) const {
    if (!trace) return;
    auto const passed = std::chrono::duration<double>(clock_.now() - begun_).count();
    fmt::print("-- {:.3f} s {}\n", passed, what);
}

boost::asio::awaitable<void> Hosts::live(Machine& machine, Life& life) {
    auto const begun = co_await life.ledger.begin();
    if (!machine.power.on) co_return;
    if (begun.has_error()) {
        life.refusal = begun.error();
        co_return;
    }
    say(fmt::format("{} has the shard {}", machine.name, machine.shard));
    engine::Ports const ports{machine.clock, life.provider, life.journal, life.images,
                              life.observer, &life.done,    &life.marks,  &life.ledger};
    life.conductor.emplace(life.context.get_executor(), ports, machine.options);
    life.helpers.spawn(life.ledger.keep_lease());
    engine::ItemSource source = [this, &machine,
                                 &life]() -> Result<std::shared_ptr<jobs::Item const>> {
        auto const& items = shards_[static_cast<std::size_t>(machine.shard)].items;
        if (life.next == items.size()) return std::shared_ptr<jobs::Item const>();
        return items[life.next++];
    };
    try {
        life.result = co_await life.conductor->run(std::move(source));
    } catch (...) { // kept: reap() throws it again
        life.defect = std::current_exception();
    }
    if (!life.defect) co_await life.ledger.end(machine.clock.now() + 10s);
    life.helpers.cancel();
    co_await life.helpers.join();
}

void Hosts::start(Machine& machine) {
    ++lives;
    machine.must_start = false;
    machine.power.on = true;
    machine.life = std::make_unique<Life>(*this, machine);
    auto* const life = machine.life.get();
    auto on_end = [life](std::exception_ptr error) {
        life->is_over = true;
        if (error) life->defect = error;
    };
    boost::asio::co_spawn(life->context, live(machine, *life), on_end);
    say(fmt::format("{} starts process {}", machine.name, life->process));
}

void Hosts::kill(Machine& machine) {
    say(machine.name + " dies");
    machine.power.on = false;
    machine.is_frozen = false;
    machine.life->journal.crash();
    if (chance_.of(20)) machine.marks.boot = fmt::format("{}-{}", machine.name, processes_ + 1);
    if (!machine.life->conductor) return;
    machine.life->conductor->stop();
    machine.life->conductor->stop();
}

/// The node is gone with its disk: the scheduler starts the task on an empty one.
void Hosts::lose_directory(Machine& machine) {
    say(machine.name + " is another node now");
    machine.disk = {};
    machine.folder = {};
    machine.marks = {};
    machine.marks.boot = fmt::format("{}-empty-{}", machine.name, processes_);
    ++machine.directories;
}

boost::asio::awaitable<void> Hosts::start_later(Machine& machine, Duration delay) {
    co_await clock_.sleep_for(delay);
    machine.must_start = true;
}

void Hosts::freeze(Machine& machine, Duration time) {
    auto const kind = static_cast<int>(chance_.between(0, 2));
    say(fmt::format("{} is frozen ({}) for {}", machine.name, kind, format_duration(time)));
    machine.is_frozen = true;
    events_.spawn(thaw_later(machine, time, kind));
}

/// Kind 0: the process was stopped; 1: the machine slept; 2: a virtual one was paused.
boost::asio::awaitable<void> Hosts::thaw_later(Machine& machine, Duration time, int kind) {
    co_await clock_.sleep_for(time);
    if (!machine.is_frozen) co_return; // it was killed meanwhile
    machine.is_frozen = false;
    if (kind == 1) machine.clock.suspend(time);
    if (kind == 2) machine.clock.pause(time);
    say(machine.name + " thaws");
}

boost::asio::awaitable<void> Hosts::mend_later(bool& is_cut, Duration time) {
    co_await clock_.sleep_for(time);
    is_cut = false;
}

/// `is_aimed`: right after a grant or a request that has left.
void Hosts::strike(Machine& machine, bool is_aimed) {
    bool const is_well = machine.life && !machine.life->is_over && machine.power.on;
    if (!is_well || machine.is_frozen) return;
    auto const percent = chance_.between(0, is_aimed ? 59 : 99);
    if (percent < 25) return kill(machine);
    auto const longest = chance_.of(40) ? 60s : 300s;
    if (percent < 60) return freeze(machine, chance_.time(0s, longest));
    auto const time = chance_.time(0s, 150s);
    if (percent < 75) {
        say(fmt::format("{} is cut from the store for {}", machine.name, format_duration(time)));
        machine.is_cut_from_store = true;
        events_.spawn(mend_later(machine.is_cut_from_store, time));
    } else if (percent < 85 && loses_answers_) {
        say(fmt::format("{} is cut from the service for {}", machine.name, format_duration(time)));
        machine.is_cut_from_service = true;
        events_.spawn(mend_later(machine.is_cut_from_service, time));
    } else {
        auto const pause = chance_.of(80) ? time / 10 : time;
        say(fmt::format("the store is down for {}", format_duration(pause)));
        server_.restart(pause);
    }
}

std::string Hosts::end_of(Machine const& machine) const {
    auto const& life = *machine.life;
    if (life.refusal.code) return life.refusal.message();
    return fmt::format("{} ({} unknown, {} left, {} failed)", name_of(life.result.end),
                       life.result.tally.unknown, life.result.tally.left, life.result.tally.failed);
}

/// Removes a life that is over. It begins again later, if somebody is to start it.
void Hosts::reap(Machine& machine) {
    auto const& life = *machine.life;
    bool const was_killed = !machine.power.on;
    if (!was_killed && life.defect) std::rethrow_exception(life.defect);
    if (!was_killed) say(fmt::format("{} ends: {}", machine.name, end_of(machine)));
    bool const is_again = was_killed || life.refusal.code || is_for_now(life.result.end);
    machine.result = life.result;
    machine.life.reset();
    machine.strike_in = 0;
    if (was_killed && chance_.of(40)) lose_directory(machine);
    machine.has_ended = !is_again;
    is_budget_spent_ = is_budget_spent_ || machine.result.end == RunEnd::budget_spent;
    if (!is_again) return;
    auto later = start_later(machine, chance_.time(1s, 2min));
    events_.spawn(std::move(later));
}

/// Runs one handler of a machine, if one is ready, and what befalls it right after.
bool Hosts::run_one(Machine& machine) {
    if (!machine.life || machine.is_frozen) return false;
    auto& context = machine.life->context;
    context.restart();
    current_ = &machine;
    if (context.poll_one() == 0) return false;
    ++handlers;
    bool const is_aimed = machine.strike_in > 0 && --machine.strike_in == 0;
    bool const is_random = handlers >= next_strike_;
    if (is_random) next_strike_ = handlers + static_cast<std::size_t>(chance_.between(1, 3000));
    if (is_calm_ || strikes_left_ == 0 || (!is_aimed && !is_random)) return true;
    --strikes_left_;
    strike(machine, is_aimed);
    return true;
}

/// Returns false when nothing can happen any more.
bool Hosts::take_step() {
    context_.restart();
    bool has_run = context_.poll_one() > 0;
    for (auto& machine : machines_) has_run = run_one(*machine) || has_run;
    return has_run || clock_.advance();
}

void Hosts::run_until_ended() {
    for (auto& machine : machines_) {
        machine->has_ended = false;
        start(*machine);
    }
    auto const begun = clock_.now();
    auto const last = handlers + handlers_max;
    for (;;) {
        bool is_any_left = false;
        for (auto& machine : machines_) {
            if (machine->life && machine->life->is_over && !machine->is_frozen) reap(*machine);
            if (!machine->life && machine->must_start) start(*machine);
            is_any_left = is_any_left || !machine->has_ended;
        }
        if (!is_any_left) return;
        if (violations_.size() > 10) return;
        if (!take_step()) return complain("a run waits for what never comes");
        if (handlers > last || clock_.now() > begun + 30h) return complain("a run does not end");
    }
}

void Hosts::live_through() {
    say(fmt::format("{} shards, {} places, budget {}", shards_.size(), allowance_,
                    budget_.value_or(-1)));
    run_until_ended();
    say("calm");
    service_.faults = Faults::none();
    server_.faults = {0, 0, 0};
    is_calm_ = true;
    if (violations_.empty()) settle();
}

bool Hosts::needs_more() const {
    return std::any_of(machines_.begin(), machines_.end(), [](auto const& machine) {
        auto const& result = machine->result;
        bool const is_settled = result.end == RunEnd::all_done ||
                                (result.end == RunEnd::budget_spent && result.tally.unknown == 0);
        return !is_settled || result.tally.unknown > 0 || result.tally.left > 0;
    });
}

void Hosts::settle() {
    for (int round = 1; round <= 6; ++round) {
        clock_.skip(round == 5 ? 25h : 1h);
        auto const begun = clock_.now();
        is_budget_spent_ = false;
        run_until_ended();
        if (clock_.now() > begun + 3h) complain("a calm round takes more than three hours");
        if (!violations_.empty() || !needs_more()) return;
    }
    if (!may_stay_unknown()) complain("something stays unknown for ever");
}

} // namespace darkroom::simulation
