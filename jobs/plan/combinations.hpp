// Counts and numbers the combinations of a job without walking through them.
#pragma once

#include "jobs/model/job_spec.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace darkroom::jobs {

/// Returns true if `exclude` leaves out the combination that has value number `chosen[i]` of axis
/// i.
bool is_excluded(JobSpec const& job, std::vector<std::size_t> const& chosen);

/// Counts and numbers the combinations of a job's axes, without the excluded ones and without
/// building them.
class Combinations {
public:
    /// Work limit for counting, in looks at a rule of `exclude`.
    static constexpr std::uint64_t counting_max = 5'000'000;
    /// `job` must outlive this. The work of counting is subtracted from `work_left` and limited by
    /// it; null: counting_max.
    explicit Combinations(JobSpec const& job, std::uint64_t* work_left = nullptr);
    ~Combinations();
    /// Returns UINT64_MAX when there are more. Above items_max, without a sample, the excluded ones
    /// are counted too.
    std::uint64_t count() const { return count_; }
    /// Returns false when the rules of `exclude` are too entangled: count() then ignores them, and
    /// at() must not be called.
    bool is_countable() const { return is_countable_; }
    /// Returns the value of each axis in combination `number` (< count()); the last axis changes
    /// fastest.
    std::vector<std::size_t> at(std::uint64_t number);

private:
    class Counter;
    JobSpec const& job_;
    std::uint64_t count_ = 0;
    bool is_countable_ = true;
    std::unique_ptr<Counter> counter_; ///< Null when nothing is excluded.
};

/// Returns the number of texts before `sample` and `repeat`, UINT64_MAX when there are more.
std::uint64_t count_texts(JobSpec const& job);
/// Returns the number of items, UINT64_MAX when there are more.
std::uint64_t count_items(JobSpec const& job);

} // namespace darkroom::jobs
