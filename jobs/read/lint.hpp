// Oddities of prompts: nothing that must be wrong, but what usually is. Warnings with a place.
#pragma once

#include "jobs/read/job_draft.hpp"

#include <string>
#include <string_view>

namespace darkroom::jobs {

/// A longer prompt is cut or refused by the front ends of the model, in characters.
constexpr std::size_t prompt_characters_max = 6000;

/// Looks at the texts, images and params of a job as they are written.
void lint(JobDraft const& draft, Findings& findings);
/// Looks at a text that becomes part of a prompt, on its own: a variable's value, a cell of a
/// table, a follow-up's prompt.
void lint_part(std::string_view text, Where const& where, Findings& findings);
/// Of a file with many lines: tells what is odd about the first ten odd ones, and then once that
/// there are more.
class FirstOddities {
public:
    /// `lines` is what they are called: "rows". The findings must outlive this.
    FirstOddities(Findings& findings, std::string_view lines)
        : findings_(findings), lines_(lines) {}

    bool is_full() const { return odd_ > odd_max; } ///< Nothing more is told.

    /// `lint(where, findings)` looks at one line.
    template <class Lint>
    void look(Where const& where, Lint lint) {
        if (is_full()) return;
        auto const before = findings_.size();
        if (odd_ < odd_max) {
            lint(where, findings_);
            if (findings_.size() > before) ++odd_;
            return;
        }
        Findings untold;
        lint(Where{untold.add_table("")}, untold);
        if (untold.size() == 0) return;
        findings_.warning(where, "further " + std::string(lines_) +
                                     " are odd like those above: only ten are told");
        ++odd_;
    }

private:
    static constexpr int odd_max = 10;

    Findings& findings_;
    std::string_view lines_;
    int odd_ = 0; ///< Lines of which something was told.
};

/// Looks at a prompt as it is sent; `where` is that of the job's prompt.
void lint_length(std::string_view prompt, Where const& where, Findings& findings);

} // namespace darkroom::jobs
