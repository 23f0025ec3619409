// Several machines that share the shards of a campaign and one store, from one seed. Each has a
// clock, a disk and ways to the store and the service of its own, and any of them may die, be
// frozen or be cut off at any moment.
#pragma once

#include "tests/simulation/sim_database.hpp"
#include "tests/simulation/sim_service.hpp"
#include "tests/support/sim_clock.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <vector>

namespace darkroom::simulation {

/// A rule of the design broken on purpose, to see that the simulation notices.
enum class BrokenHosts {
    nothing,
    sends_unguarded,         ///< A request that was granted may leave at any time.
    guards_by_standing_time, ///< The guard looks at a clock that stands still in suspend.
    concludes_at_once,       ///< Nothing is waited for before a request is called absent.
};

class Hosts {
public:
    explicit Hosts(std::uint64_t seed, BrokenStore broken = BrokenStore::nothing,
                   BrokenHosts how = BrokenHosts::nothing);
    ~Hosts();
    Hosts(Hosts const&) = delete;
    Hosts& operator=(Hosts const&) = delete;

    /// Lets all machines work, with all that befalls them, until each has ended by itself; then
    /// calmly, until there is nothing left to do.
    void live_through();
    /// Returns every way in which the world is not as it must be; empty: all is well.
    std::vector<std::string> violations();

    bool trace = false; ///< Print every fact as it happens.
    int lives = 0;
    std::size_t handlers = 0;

private:
    struct Life;
    struct Machine;
    struct Shard;

    void make_shards();
    void make_machines();
    void watch();
    HostStore::Us present() const;

    boost::asio::awaitable<void> live(Machine& machine, Life& life);
    void start(Machine& machine);
    void kill(Machine& machine);
    void freeze(Machine& machine, Duration time);
    void lose_directory(Machine& machine);
    void strike(Machine& machine, bool is_aimed);
    boost::asio::awaitable<void> start_later(Machine& machine, Duration delay);
    boost::asio::awaitable<void> thaw_later(Machine& machine, Duration time, int kind);
    boost::asio::awaitable<void> mend_later(bool& is_cut, Duration time);
    void reap(Machine& machine);
    bool take_step();
    bool run_one(Machine& machine);
    void run_until_ended();
    void settle();
    bool needs_more() const;
    bool may_stay_unknown() const;
    HostStore::Step const* row_of(Machine const& machine, Digest const& step) const;
    bool may_lack(Machine const& machine, Digest const& step) const;
    std::string end_of(Machine const& machine) const;
    void say(std::string const& what) const;

    /// Returns the digest of a request as the store has it.
    static std::string digest_of(std::string const& request);
    int peak() const;
    void check_machine(Machine& machine);
    void check_charges();
    void check_money();
    void complain(std::string text);

    Chance chance_;
    BrokenHosts broken_;
    test::SimClock clock_;
    Time begun_{};
    WallTime begun_wall_{};
    Power always_on_;
    SimService service_{clock_, chance_, always_on_};
    HostStore store_;
    boost::asio::io_context context_;
    StoreServer server_{context_.get_executor(), clock_, chance_, store_};
    TaskGroup events_{context_.get_executor()};
    bool loses_answers_ = false; ///< Then the service may run more than is known to be open.
    bool are_equal_ = false;     ///< Steps may ask for the same.
    int allowance_ = 1;
    std::optional<std::int64_t> budget_;
    std::int64_t processes_ = 0;
    int strikes_left_ = 0;
    std::size_t next_strike_ = 0;
    bool is_calm_ = false;
    bool is_budget_spent_ = false;
    Machine* current_ = nullptr; ///< Its handler is running.
    std::vector<Shard> shards_;
    std::vector<std::unique_ptr<Machine>> machines_;
    std::map<std::string, int> had_; ///< The steps that have a result, by their requests.
    std::set<std::pair<int, Digest>> seen_;
    std::map<std::string, int> shards_of_; ///< Keyed by tasks.
    std::set<std::string> delivered_;      ///< The tasks whose pictures are there.
    std::vector<std::string> violations_;
};

} // namespace darkroom::simulation
