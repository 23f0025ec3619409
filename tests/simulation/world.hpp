// A whole world from one seed: a job, a service with its faults, a machine that may lose power.
#pragma once

#include "runner/engine/conductor.hpp"
#include "tests/simulation/sim_images.hpp"
#include "tests/simulation/sim_journal.hpp"
#include "tests/simulation/sim_marks.hpp"
#include "tests/simulation/sim_provider.hpp"
#include "tests/simulation/wall_clock.hpp"
#include "tests/support/sim_clock.hpp"

#include <set>
#include <string>
#include <vector>

namespace darkroom::simulation {

/// The service and all between keep to their contract, or have imperfections by the seed.
enum class Conduct { good, imperfect };

/// The end of one life of the program. No result: it was killed.
struct LifeEnd {
    std::optional<engine::RunResult> result;
    std::size_t handlers = 0;
};

class World {
public:
    explicit World(std::uint64_t seed, Broken broken = Broken::nothing,
                   Conduct conduct = Conduct::good);
    World(World const&) = delete;
    World& operator=(World const&) = delete;

    /// Starts the program and runs it for at most `handlers_max` handlers, then cuts the power.
    LifeEnd live(std::size_t handlers_max);
    /// Lives, dies and is restarted at random until a life ends by itself; then once more, calmly,
    /// until there is nothing left to do.
    void live_through();
    /// Returns every way in which the world is not as it must be at the end; empty: all is well.
    std::vector<std::string> violations();

    SimService service;
    bool trace = false; ///< Print every fact as it happens.
    int lives = 0;
    std::size_t handlers = 0;
    Disk const& disk() const { return disk_; }
    int lives_to_settle = 0; ///< The calm lives that it took until nothing was unknown.

private:
    std::vector<std::shared_ptr<jobs::Item const>> make_items();
    engine::EngineOptions make_options();
    void add_accounts(engine::EngineOptions& options);
    SimProvider::Setup setup();
    void check_steps();
    void check_step(jobs::Step const& step, std::string const& parent_image_id);
    void check_open(jobs::Step const& step, engine::StepState const& state);
    std::map<std::string, int> unavoidable();
    void check_charges();
    void check_images();
    void check_money();
    void check_accounts();
    void complain(std::string text) { violations_.push_back(std::move(text)); }
    void calm();
    void settle();

    Chance chance_;
    test::SimClock clock_;
    WallClock our_clock_{clock_};
    MarkFile marks_;
    bool has_spoken_ = false; ///< The run directory knows the URL as the service's.
    Power power_;
    Disk disk_;
    Folder folder_;
    Broken broken_;
    Conduct conduct_;
    jobs::Delivery delivery_;
    std::vector<std::shared_ptr<jobs::Item const>> items_;
    engine::EngineOptions options_;
    bool budget_spent_ = false;
    std::set<Digest> seen_;
    std::map<std::string, int> wanted_;
    std::map<Digest, engine::StepState> states_; ///< At the end.
    std::vector<std::string> violations_;
};

} // namespace darkroom::simulation
