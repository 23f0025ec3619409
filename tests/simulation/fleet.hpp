// Several machines, one service account and one ledger, from one seed: each has a job, a disk and a
// power of its own, and any of them may die at any moment.
#pragma once

#include "runner/engine/conductor.hpp"
#include "tests/simulation/sim_images.hpp"
#include "tests/simulation/sim_journal.hpp"
#include "tests/simulation/sim_ledger.hpp"
#include "tests/simulation/sim_marks.hpp"
#include "tests/simulation/sim_provider.hpp"
#include "tests/support/sim_clock.hpp"

#include <memory>
#include <string>
#include <vector>

namespace darkroom::simulation {

class Fleet {
public:
    explicit Fleet(std::uint64_t seed, BrokenBook broken = BrokenBook::nothing);
    ~Fleet();
    Fleet(Fleet const&) = delete;
    Fleet& operator=(Fleet const&) = delete;

    /// Lets all machines work and die at random, until each has ended by itself; then calmly, until
    /// there is nothing left to do.
    void live_through();
    /// Returns every way in which the world is not as it must be at the end; empty: all is well.
    std::vector<std::string> violations();

    bool trace = false; ///< Print every fact as it happens.
    int lives = 0;
    std::size_t handlers = 0;

private:
    struct Life;
    struct Machine;

    void make_machines();
    std::optional<Duration> end_of_ledger();
    void make_items(Machine& machine);
    void start(Machine& machine);
    void kill(Machine& machine);
    void keep_copy(Machine& machine);
    void restore_copy(Machine& machine);
    boost::asio::awaitable<void> start_later(Machine& machine, Duration delay);
    bool reap(Machine& machine);
    void run_until_ended(std::size_t deaths);
    void settle();
    bool needs_more() const;
    int peak() const;
    void check_steps();
    int count_not_had(std::string const& request) const;
    void check_money();
    void complain(std::string text) { violations_.push_back(std::move(text)); }

    Chance chance_;
    test::SimClock clock_;
    Power always_on_;
    SimService service_{clock_, chance_, always_on_};
    SimBook book_;
    boost::asio::io_context context_;
    TaskGroup starts_{context_.get_executor()};
    bool loses_answers_ = false;   ///< Then the service may run more than is known to be open.
    bool loses_ledger_ = false;    ///< Runs lose the ledger; nobody counts all that is open.
    bool restores_copies_ = false; ///< A run directory may come back from an older copy.
    int places_ = 0;               ///< The most that any run allows.
    jobs::Micros price_ = 0;
    std::optional<jobs::Micros> cap_;
    WallTime begun_{};
    int processes_ = 0;
    bool budget_spent_ = false;
    bool is_calm_ = false;
    std::vector<std::unique_ptr<Machine>> machines_;
    std::vector<std::string> violations_;
};

} // namespace darkroom::simulation
