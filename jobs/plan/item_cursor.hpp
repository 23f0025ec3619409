// Goes through the items of one job, in order.
#pragma once

#include "jobs/language/wildcards.hpp"
#include "jobs/plan/combinations.hpp"
#include "jobs/plan/drawn_rows.hpp"
#include "jobs/plan/job_rows.hpp"
#include "jobs/plan/request_marks.hpp"
#include "jobs/plan/step.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::jobs {

struct JobSpec;

/// Counts like an odometer: the repeat changes fastest, then the text of the prompt, the axes from
/// the last to the first, and the rows of the table. Memory does not grow with the number of items.
class ItemCursor {
public:
    explicit ItemCursor(JobSpec const& job); ///< `job` must outlive this.

    /// Goes to the next item; returns false at the end. Errors: a row that cannot be read; the
    /// detail has its "FILE:LINE".
    Result<bool> advance();
    /// Returns the item that the last advance() went to.
    std::shared_ptr<Item const> item() const;
    /// Returns its mark_of(), without making the request if that is possible.
    std::uint64_t mark();

private:
    Result<bool> to_next_text();
    Result<bool> to_next_drawn();
    Result<bool> to_row(std::uint64_t number);
    Result<> read_row();
    Result<> read_cells();
    void read_repeats();
    Result<> read_drawn_rows();
    Result<> draw_from_rows();
    Result<> read_pictures();
    Template const& text() const { return row_prompt_ ? *row_prompt_ : job_.prompt; }
    Variables variables() const;
    Variables const& shared_variables();
    bool turn_axes();
    bool skip_excluded();
    Endpoint const& row() const;
    void write_prompt(Variables const& variables, std::string& into) const;

    JobSpec const& job_;
    bool started_ = false;
    std::optional<JobRows> rows_;
    Row row_;
    std::uint64_t rows_read_ = 0;
    std::optional<Wildcards> wildcards_; ///< For cells that are read as prompt language.
    std::optional<Template> row_prompt_; ///< The prompt of this row, when its cells make it.
    std::vector<std::size_t> chosen_;    ///< A value of each axis.
    std::uint64_t text_ = 0;             ///< A text of the prompt.
    std::uint64_t index_ = 0;            ///< Among all texts of the job, drawn or not.
    int repeat_ = 0;
    int repeats_ = 1;                          ///< Those of the row.
    std::string picture_;                      ///< The path of the picture that was read last.
    std::string picture_bytes_;                ///< In base64.
    std::optional<Combinations> combinations_; ///< For a sample.
    std::vector<std::uint64_t> drawn_;
    std::size_t next_drawn_ = 0;
    std::optional<DrawnRows> drawn_rows_; ///< For a sample of a table, once it is read.
    std::vector<std::uint64_t> before_;   ///< With `expand`: see RowTexts.
    std::optional<PromptMarks> marks_;    ///< None: mark() makes the request.
    Variables values_;                    ///< Those of shared_variables().
    std::string words_;                   ///< The prompt of mark().
};

} // namespace darkroom::jobs
