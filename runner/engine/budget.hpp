// Decides whether another request may be paid for. Pure.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/engine/ports.hpp"

namespace darkroom::engine {

/// Every paid request reserves before it leaves and settles after its last word. Spent plus
/// reserved never exceeds the budget, whatever is open at once.
class Budget {
public:
    /// `so_far` is what earlier runs of this run directory have spent; their open requests stay
    /// reserved.
    Budget(jobs::Budget limits, Totals so_far);

    /// Returns whether one more generation of `price` stays within the budget.
    bool allows(jobs::Micros price) const;
    /// Reserves one generation of `price`. Returns false, and reserves nothing, when it would cross
    /// the budget.
    bool reserve(jobs::Micros price);
    /// Reserves one that was sent before, whatever the budget.
    void take_over(jobs::Micros price);
    /// Settles a reserved generation that was made: `cost` is spent.
    void charge(jobs::Micros price, jobs::Micros cost);
    /// Adds a generation that nobody reserved: the service took back that it had failed.
    void add(jobs::Micros cost);
    /// Settles a reserved generation that failed: it costs nothing.
    void release(jobs::Micros price);

    /// Notes a request that gets no last word in this run: it stays reserved, but nothing waits for
    /// it.
    void abandon();

    /// Returns whether a reserved request of this run could still give something back.
    bool anything_pending() const { return totals_.open > abandoned_; }
    /// Returns how many reserved requests get no last word in this run.
    std::int64_t abandoned() const { return abandoned_; }
    Totals const& totals() const { return totals_; }

private:
    jobs::Budget limits_;
    Totals totals_;
    std::int64_t abandoned_ = 0;
};

} // namespace darkroom::engine
