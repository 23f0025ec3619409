// One planned story: a job, a service that does what the test says, runs, crashes and clocks.
#pragma once

#include "runner/engine/conductor.hpp"
#include "tests/simulation/sim_images.hpp"
#include "tests/simulation/sim_journal.hpp"
#include "tests/simulation/sim_marks.hpp"
#include "tests/simulation/sim_provider.hpp"
#include "tests/simulation/wall_clock.hpp"
#include "tests/support/io_fixture.hpp"

#include <string>
#include <vector>

namespace darkroom::simulation {

/// A service without accidents but those that the test plans; its records are as published.
struct Scenario : test::IoFixture {
    Scenario();

    /// Wants a prompt, `repeats` times, each with follow-ups.
    void want(std::string const& prompt, int repeats = 1, std::vector<jobs::Branch> then = {});
    void want_text(std::string const& endpoint, json::Value body);
    /// Makes a run to its end.
    engine::RunResult run_once();
    /// Makes a run that loses its power after a time, with all that was not durable.
    void run_and_crash(Duration after);
    /// Makes further runs, an hour apart, until one ends with everything done. Returns their
    /// number; 0: it is not done after `most`.
    int runs_until_done(int most = 3);

    int charged() const; ///< Counts what the service took for our tasks.
    int booked() const;  ///< In the facts: finished steps and further charges.
    int in_phase(engine::Phase phase) const;
    /// The reason of the first step that is neither finished nor failed; "" for none.
    std::string reason() const;
    /// Returns what must never be: a picture of another request, one on two steps, a missing file.
    std::vector<std::string> wrongs();
    std::map<Digest, engine::StepState> states() const;

    Chance chance{1};
    Power power;
    Disk disk;
    Folder folder;
    MarkFile marks;
    WallClock our_clock{clock};
    std::string token_mark; ///< Another one: the accounts have other tokens.
    std::string url = "https://api.invalid";
    SimService service{clock, chance, power};
    engine::EngineOptions options;
    jobs::Delivery delivery = jobs::Delivery::stream;
    Broken broken = Broken::nothing;
    std::vector<std::shared_ptr<jobs::Item const>> items;
    bool has_spoken = false;
    int lives = 0;

private:
    struct Life;
};

} // namespace darkroom::simulation
