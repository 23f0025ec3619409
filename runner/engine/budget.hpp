// The hard stop: what may still be bought. Pure.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/engine/ports.hpp"

namespace darkroom::engine {

/// Every paid request reserves before it leaves and settles after its last word. Spent plus
/// reserved never exceeds the budget, whatever is open at once.
class Budget {
public:
    /// `so_far`: earlier runs of this run directory; their open requests stay reserved.
    Budget(jobs::Budget limits, Totals so_far);

    /// Whether one generation of `price` would not cross it.
    bool allows(jobs::Micros price) const;
    /// One generation of `price`. False: it would cross the budget; nothing is reserved.
    bool reserve(jobs::Micros price);
    /// The last word on a reserved one: charged `cost`, or nothing when it failed.
    void charge(jobs::Micros price, jobs::Micros cost);
    void release(jobs::Micros price);

    /// A request that will have no last word in this run: it stays reserved, but nothing waits for
    /// it.
    void abandon();

    /// Whether a reserved request of this run could still give something back.
    bool anything_pending() const { return totals_.open > abandoned_; }
    Totals const& totals() const { return totals_; }

private:
    jobs::Budget limits_;
    Totals totals_;
    std::int64_t abandoned_ = 0;
};

} // namespace darkroom::engine
