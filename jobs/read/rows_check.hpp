// Goes through a table once: counts its rows and checks each.
#pragma once

#include "jobs/model/job_spec.hpp"
#include "jobs/yaml/findings.hpp"

#include <set>
#include <string>
#include <vector>

namespace darkroom::jobs {

/// A text that a row fills in, and its requirements.
struct FilledField {
    std::string text;
    RequestField const* field = nullptr; ///< Null: an image.
    bool is_required = false;            ///< It may not become empty.
    bool takes_files = true;             ///< A picture may be the name of a file.
};

/// The rows of a table.
struct RowCount {
    std::uint64_t rows = 0;
    std::uint64_t repeats = 0;  ///< See JobSpec::repeats.
    std::uint64_t left_out = 0; ///< Those with an empty prompt, with `skip_empty`.
};

/// Requirements of a job on each row.
struct RowNeeds {
    Template prompt; ///< The job's own, without prefix and suffix.
    bool prompt_may_be_blank = false;
    bool blends = false; ///< Two images make a prompt unnecessary.
    std::vector<FilledField> fields;
    std::set<std::string> names; ///< Variables without a default that only a row can have.
    /// Variables that leave something out where a row does not have them; some row does.
    std::set<std::string> optional;
    std::set<std::string> used;        ///< All variables, those with a default too.
    std::set<std::string> axes;        ///< Keys of `matrix`: no row may have them.
    ChoiceSource* wildcards = nullptr; ///< For cells that are read as prompt language, or null.
    std::uint64_t* texts = nullptr;    ///< Gets the texts of all rows.
};

/// Counts the rows of the job's table. Errors in a row are reported at its line: the
/// first ten and the number of the others, or all.
RowCount check_rows(JobSpec const& job, RowNeeds const& needs, Findings& findings);

} // namespace darkroom::jobs
