// The state of a run for the displays: counts, speed, and the open steps. Pure.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/engine/manifest_row.hpp"
#include "runner/engine/ports.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace darkroom::report {

/// The facts before the first event of a run: the plan, and the counts of earlier runs.
struct Start {
    std::string name;
    std::uint64_t items = 0;
    std::uint64_t steps = 0; ///< All of the plan; done, failed and skipped are part of it.
    std::uint64_t done = 0;
    std::uint64_t failed = 0;
    std::uint64_t skipped = 0;
    std::int64_t paid = 0; ///< Paid by earlier runs, counted against the budget.
    jobs::Micros cost = 0;
    jobs::Budget budget;
    std::string currency = "USD";
    Time begun{}; ///< The start of this run.
};

/// A step in flight, or waiting for its next attempt. It is done once its images are saved.
struct OpenStep {
    std::string name;   ///< step_name()
    std::string prompt; ///< As sent, not yet made printable.
    std::string action;
    std::optional<int> percent;             ///< The progress of the generation, once reported.
    std::optional<engine::Problem> problem; ///< Set while it waits or is looked up.
    std::optional<Time> again_at;           ///< When the wait ends; none: it is being looked up.
    bool loading = false;                   ///< Paid by this run; its images are being downloaded.
    std::uint64_t order = 0;                ///< The order of its first event.
};

/// Returns "cars/12/variation2/upscale4"; "cars/12#2" for the second of two equal requests.
std::string step_name(engine::StepInfo const& info);
std::string step_name(engine::FailedRow const& row);

/// Measures the rate of events over the last minutes.
class Speed {
public:
    void count(Time now);
    /// Returns the rate; none before two events.
    std::optional<double> per_second(Time now) const;

private:
    std::deque<Time> times_; // the last ones, oldest first
};

/// Counts the events of an Observer. Memory grows with the open steps, not with the run.
class Board {
public:
    explicit Board(Start start);

    void apply(engine::Event const& event, engine::StepState const& state, Time now);
    void progress(Digest const& step, int percent);
    void wait(engine::Waiting const& waiting, Time now);

    std::uint64_t done() const { return start_.done; }
    std::uint64_t failed() const { return start_.failed; }
    std::uint64_t skipped() const { return start_.skipped; }
    /// Returns the planned steps without an end; 0 when the estimate was too low.
    std::uint64_t left() const;
    std::uint64_t images() const { return images_; }
    std::uint64_t bytes() const { return bytes_; }
    std::uint64_t retries() const { return retries_; }
    std::int64_t paid() const { return start_.paid; }
    jobs::Micros cost() const { return start_.cost; }
    Start const& start() const { return start_; }
    std::map<Digest, OpenStep> const& open() const { return open_; }
    /// Returns the name of a step; the first digits of its key when its last event was long ago.
    std::string name_of(Digest const& step) const;

    std::optional<double> images_per_second(Time now) const { return saved_.per_second(now); }
    /// Returns the time left at the speed of the last minutes; none when not known.
    std::optional<Duration> time_left(Time now) const;

private:
    void settle(Digest const& step, Time now);
    void remember(Digest const& step, std::string const& name);
    void finish(engine::Event const& event, engine::StepState const& state, Time now);
    void fail(engine::Event const& event, engine::StepState const& state, Time now);
    void save(engine::Event const& event, engine::StepState const& state, Time now);

    Start start_;
    std::uint64_t images_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t retries_ = 0;
    std::uint64_t order_ = 0;
    std::map<Digest, OpenStep> open_;
    std::deque<std::pair<Digest, std::string>> recent_; // names of finished steps
    Speed ended_;
    Speed saved_;
};

} // namespace darkroom::report
