#include "runner/cli/retry_choice.hpp"

#include "runner/cli/run_counts.hpp"

namespace darkroom::cli {

RetryChoice choose_retries(Job const& job, std::string const& directory, RetryWish const& wish,
                           store::JournalReader& journal) {
    RetryChoice choice;
    auto const wanted = given_up_steps(job, directory);
    auto const take = [&](Digest const& step, store::StepRecord const& record) -> Result<> {
        if (!wanted.contains(step)) return {};
        bool const is_paid = record.state.phase != engine::Phase::failed;
        auto const verdict = record.state.problem.verdict;
        bool const is_wished = wish.takes(engine::class_of(verdict));
        if (is_paid || is_wished) choice.all.insert(step);
        if (is_wished && !is_paid) choice.failed.push_back(step);
        if (!is_wished && !is_paid && verdict == engine::Verdict::rejected) ++choice.rejected_left;
        return {};
    };
    or_quit(journal.for_each_given_up(take));
    return choice;
}

} // namespace darkroom::cli
