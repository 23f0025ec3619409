// A journal in memory that loses, in a crash, what was not yet durable.
#pragma once

#include "runner/engine/ports.hpp"
#include "tests/simulation/chance.hpp"

#include <deque>
#include <map>
#include <string>
#include <unordered_map>

namespace darkroom::simulation {

/// The bytes on the disk: they outlive every crash.
struct Disk {
    std::vector<engine::Event> facts;
};

/// One life of the journal over a disk.
class SimJournal final : public engine::Journal {
public:
    SimJournal(Clock& clock, Chance& chance, Power const& power, Disk& disk);

    engine::awaitable<Result<>> append(engine::Event event) override;
    void note(engine::Event event) override;
    std::optional<engine::StepState> find(Digest const& step) override;
    std::vector<std::pair<Digest, engine::StepState>> unsettled_steps() override;
    bool knows_task(std::string const& task_id) override;
    std::optional<Digest> step_of(std::string const& task_id) override;
    std::vector<engine::KnownTask> recent_tasks(std::size_t most) override;
    std::vector<std::pair<Digest, engine::StepState>> recent_unnamed(std::size_t most) override;
    void
    for_each_payment_backwards(std::function<bool(engine::Payment const&)> const& take) override;
    engine::Totals totals() override;
    std::int64_t durable_facts() override { return static_cast<std::int64_t>(disk_.facts.size()); }
    std::map<std::string, engine::Totals> paid_by_account() override;

    /// Lets the power fail: only some first part of what was being written has reached the disk.
    void crash();

    /// A rule broken on purpose: a request's row is not waited for.
    bool forgets_to_wait = false;
    Duration commit_time{}; ///< Besides the usual milliseconds.
    /// Counts how often a step's facts were read.
    std::size_t finds = 0;

private:
    void make_durable(std::size_t count);
    void take(engine::Event const& event);

    Clock& clock_;
    Chance& chance_;
    Power const& power_;
    Disk& disk_;
    std::deque<engine::Event> pending_;
    std::size_t handed_in_ = 0; ///< All events so far, durable ones included.
    std::map<Digest, engine::StepState> states_;
    std::unordered_map<std::string, Digest> named_; ///< The first step that named a task.
    std::vector<engine::KnownTask> tasks_;          ///< In the order in which they were named.
};

/// The steps that earlier lives have finished, as a life knows them from its beginning.
class SimDone final : public engine::DoneSteps {
public:
    enum class Known { some_offers, all_offers };
    SimDone(Disk const& disk, engine::ImageStore& images, Known known = Known::some_offers);
    std::optional<engine::DoneStep> find(Digest const& step) const override;

private:
    struct Done {
        int images = 0;
        std::optional<std::vector<std::string>> actions; ///< None: a journal may not know them.
    };
    std::map<Digest, Done> done_;
};

/// Returns how long each lost attempt was unknown: from the fact that says so to the next one that
/// tells what became of it. Those that still are unknown are left out.
std::vector<WallTime::duration> times_unknown(Disk const& disk);

} // namespace darkroom::simulation
