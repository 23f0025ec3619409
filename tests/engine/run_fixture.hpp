// Runs the whole engine against a simulated service without accidents.
#pragma once

#include "runner/engine/conductor.hpp"
#include "tests/simulation/sim_images.hpp"
#include "tests/simulation/sim_journal.hpp"
#include "tests/simulation/sim_provider.hpp"
#include "tests/support/io_fixture.hpp"

#include <fmt/format.h>

namespace darkroom::engine::test {

class Silent final : public Observer {
public:
    void on_event(Event const&, StepState const&) override {}
    void on_progress(Digest const&, int) override {}
    void on_waiting(Waiting const& waiting) override { waits.push_back(waiting.time); }
    void on_parked(ParkedAccount const& account) override { parked.push_back(account); }
    std::vector<Duration> waits;
    std::vector<ParkedAccount> parked;
};

using Branches = std::vector<jobs::Branch>;

struct RunFixture : darkroom::test::IoFixture {
    simulation::Chance chance{1};
    simulation::Power power;
    simulation::Disk disk;
    simulation::Folder folder;
    simulation::SimService service{clock, chance, power};
    Silent observer;
    EngineOptions options;
    std::vector<std::shared_ptr<jobs::Item const>> items;
    jobs::Delivery delivery = jobs::Delivery::stream;
    bool knows_what_is_done = false; ///< The run has a DoneSteps, and need not read the journal.
    int room = std::numeric_limits<int>::max(); ///< The generations that the disk has room for.
    Duration commit_time{};                     ///< A commit of the journal takes so long.
    Duration landing_time{};                    ///< A picture takes so long to be durable.
    std::size_t finds = 0; ///< Counts the steps that the last run read from the journal.

    RunFixture() {
        service.faults = simulation::Faults::none();
        options.limits.rate = 1000;
    }

    void want(std::string prompt, Branches then = {}) {
        auto item = std::make_shared<jobs::Item>();
        item->job = "job";
        item->index = items.size();
        item->request.body = json::Object{{"prompt", std::move(prompt)}};
        item->then = std::make_shared<Branches const>(std::move(then));
        items.push_back(std::move(item));
    }

    /// The acts of a person, each with its time after the begin of the run.
    using Acts = std::vector<std::pair<Duration, std::function<void(Conductor&)>>>;

    /// Makes one run. `stops` says when the user presses Ctrl-C.
    RunResult run_it(std::vector<Duration> const& stops = {}) {
        Acts acts;
        for (auto const after : stops)
            acts.emplace_back(after, [](Conductor& conductor) { conductor.stop(); });
        return run_with(acts);
    }

    /// Makes one run with a person who steers it.
    RunResult run_with(Acts const& acts) {
        simulation::SimJournal journal(clock, chance, power, disk);
        simulation::SimImages images(clock, chance, power, folder);
        images.room = room;
        images.landing_time = landing_time;
        journal.commit_time = commit_time;
        simulation::SimDone const done(disk, images, simulation::SimDone::Known::all_offers);
        simulation::SimProvider provider(executor(), service, clock, setup());
        Conductor conductor(
            executor(),
            {clock, provider, journal, images, observer, knows_what_is_done ? &done : nullptr},
            options);
        std::size_t next = 0;
        auto source = [this, &next]() -> Result<std::shared_ptr<jobs::Item const>> {
            if (next == items.size()) return std::shared_ptr<jobs::Item const>();
            return items[next++];
        };
        TaskGroup user(executor());
        auto act = [this, &conductor](Acts::value_type const* what) -> awaitable<void> {
            co_await clock.sleep_for(what->first);
            what->second(conductor);
        };
        for (auto const& what : acts) user.spawn(act(&what));
        auto result = run(conductor.run(source));
        finds = journal.finds;
        return result;
    }

    simulation::SimProvider::Setup setup() const {
        simulation::SimProvider::Setup setup;
        setup.delivery = delivery;
        for (auto const& account : options.accounts) setup.accounts.push_back(account.name);
        return setup;
    }

    std::string kinds() const {
        std::string text;
        for (auto const& event : disk.facts) text += fmt::format("{} ", kind_of(event.fact));
        return text;
    }
};

} // namespace darkroom::engine::test
