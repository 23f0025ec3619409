// One entry of `jobs:`, checked and merged with the defaults: what expands to items.
#pragma once

#include "jobs/language/prompt.hpp"
#include "jobs/model/job_file.hpp"
#include "jobs/table/table.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::jobs {

/// More items than this in one file are a mistake, not a wish.
constexpr std::uint64_t items_max = 100'000'000;

/// A job with more items than this is run only when somebody has said so.
constexpr std::uint64_t items_asked_above = 100'000;

/// A key of `matrix` with its values.
struct Axis {
    std::string name;
    std::vector<std::string> values; ///< Never empty.
};

/// `sample`: so many items of all, drawn by chance.
struct Sample {
    std::uint64_t count = 0;
    std::uint64_t seed = 0;
};
constexpr std::uint64_t sample_max = 1'000'000; ///< Their numbers are held in memory.

/// Every row of the table, times the combinations of the axes less the excluded ones, times the
/// texts of the prompt; of those, the sample.
struct JobSpec {
    std::string id;
    std::string_view endpoint = imagine_path; ///< Of the first step; a row of the table.
    std::vector<std::string> images;          ///< Put before the prompt; `{{name}}` is filled in.
    Template prompt;                          ///< Prefix, prompt, suffix and params.
    std::vector<Axis> matrix;                 ///< In file order; the last changes fastest.
    std::vector<Variables> exclude; ///< Combinations with all values of one of these are left out.
    std::optional<std::uint64_t> combinations = {}; ///< How many are left, once counted.
    Variables vars;
    std::shared_ptr<Table const> table; ///< Null: one row without cells.
    std::uint64_t rows = 1;             ///< Of the table, counted when the file was read.
    std::optional<Sample> sample;
    std::optional<std::uint64_t> max_items; ///< The user knows that there are many.
    int repeat = 1;
    json::Value fields; ///< The request's members beside `prompt`, or null.
    bool download = true;
    std::shared_ptr<std::vector<Branch> const> then = std::make_shared<std::vector<Branch>>();
};

/// Whether `exclude` leaves out the combination that has the value number `chosen[i]` of axis i.
bool is_excluded(JobSpec const& job, std::vector<std::size_t> const& chosen);

/// The combinations of a job's axes, less the excluded ones, by number and without making them.
class Combinations {
public:
    /// How often a rule of `exclude` may be looked at to count what it leaves.
    static constexpr std::uint64_t counting_max = 5'000'000;
    /// `job` must outlive this. What counting costs is taken from `work_left` and may not be more
    /// than that; null: counting_max.
    explicit Combinations(JobSpec const& job, std::uint64_t* work_left = nullptr);
    ~Combinations();
    /// UINT64_MAX when there are more than that. Above items_max, without a sample, the excluded
    /// ones are counted too.
    std::uint64_t count() const { return count_; }
    /// False: `exclude` is so entangled that count() is without it and at() is not to be asked.
    bool is_countable() const { return is_countable_; }
    /// The value of each axis in combination `number` (< count()); the last axis turns fastest.
    std::vector<std::size_t> at(std::uint64_t number);

private:
    class Counter;
    JobSpec const& job_;
    std::uint64_t count_ = 0;
    bool is_countable_ = true;
    std::unique_ptr<Counter> counter_; ///< Null when nothing is excluded.
};

/// What the job stands for before `sample` and `repeat`; UINT64_MAX when there is more than that.
std::uint64_t count_texts(JobSpec const& job);
/// Items of one job; UINT64_MAX when there are more than that.
std::uint64_t count_items(JobSpec const& job);
/// The numbers of the drawn texts (below count_texts(), which is not UINT64_MAX), in order. A
/// larger sample of the same seed has all of a smaller one.
std::vector<std::uint64_t> draw_sample(JobSpec const& job);

} // namespace darkroom::jobs
