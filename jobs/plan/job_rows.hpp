// The rows of a job's table that become items.
#pragma once

#include "jobs/model/job_spec.hpp"

#include <cstdint>
#include <optional>

namespace darkroom::jobs {

/// Goes through the rows of a job, without those that `skip_empty` leaves out.
class JobRows {
public:
    explicit JobRows(JobSpec const& job); ///< `job` has a table and must outlive this.

    /// Does what RowReader::next() does.
    bool next(Row& row, TableProblem& problem);
    /// Returns the number of rows that were left out so far.
    std::uint64_t left_out() const { return left_out_; }

private:
    bool has_words() const;
    bool has_images() const;
    bool has_cells(Row const& row) const;

    JobSpec const& job_;
    RowReader reader_;
    Variables others_; ///< Variables that rows do not define.
    Variables values_;
    std::vector<std::string> needed_; ///< Cells that the words need: without one a row is wrong.
    std::uint64_t left_out_ = 0;
};

/// Returns the repeats that a row asks for, 1 when it says nothing; nothing for what is no number
/// from 1 to 1000000.
std::optional<int> repeat_of(std::string const& text, Variables const& variables);

} // namespace darkroom::jobs
