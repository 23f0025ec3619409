// Checks the prompts of a job as they are sent: prefix, prompt, cells, suffix and params in one
// text.
#pragma once

#include "jobs/model/job_spec.hpp"
#include "jobs/read/job_draft.hpp"
#include "jobs/read/sent_lint.hpp"
#include "jobs/yaml/findings.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace darkroom::jobs {

struct ParamRule;
struct PromptParams;

/// Warns of texts that a service refuses, at their places in the job file. Cells are unknown here:
/// RowSentCheck looks at them.
void check_sent(JobSpec const& spec, JobDraft const& draft, Findings& findings);

/// The prompt of a follow-up, as it is written.
struct FollowUpPrompt {
    std::string text;
    std::string mode;
    /// Problems that are reported.
    std::set<std::pair<SentProblem::Kind, std::string>> known;
};

/// Does the same for the prompts of follow-ups with the job's values. `where`: of all of them.
void check_sent_follow_ups(JobSpec const& spec, Where const& where, Findings& findings);
/// Does the same for the prompt of a follow-up, whose variables are unknown.
void check_sent_follow_up(Text const& prompt, PromptParams const& params, Findings& findings);

/// Checks the prompts of rows. Looks closer only at those with a parameter in a cell, or with a
/// cell behind a parameter.
class RowSentCheck {
public:
    /// `job` must outlive this.
    explicit RowSentCheck(JobSpec const& job);

    /// Returns true if the prompt has cells behind a parameter.
    bool has_cells_behind() const { return !behind_.empty(); }
    /// Returns true if one of the cells may make a difference.
    bool is_odd(Variables const& cells) const;
    /// Warns about the first prompt that `prompt` makes with these variables.
    void check(Template const& prompt, Variables const& variables, Where const& where,
               Findings& findings);

    bool has_follow_ups() const { return !follow_ups_.empty(); }
    /// Warns about the prompts of follow-ups that these variables make.
    void check_follow_ups(Variables const& variables, Where const& where, Findings& findings) const;

private:
    void find_options();
    void check_text(std::string const& text, std::string const& mode, Variables const& variables,
                    Where const& where, Findings& findings);

    JobSpec const& job_;
    std::set<std::string> sent_; ///< Names in the prompt.
    /// Those of them that stand behind a parameter; with the parameter where the variable is all of
    /// its value, else with null.
    std::map<std::string, ParamRule const*> behind_;
    std::set<std::string> fine_;             ///< The parameters of rows without a problem.
    std::vector<FollowUpPrompt> follow_ups_; ///< Those with variables of rows.
    /// Problems that no cell has caused.
    std::set<std::pair<SentProblem::Kind, std::string>> known_;
};

} // namespace darkroom::jobs
