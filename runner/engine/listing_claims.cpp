#include "runner/engine/listing_claims.hpp"

#include <utility>

namespace darkroom::engine {

awaitable<OtherRuns> ask_others(LedgerLink& ledger, std::string account, Listing const& listing,
                                KnownTasks& known) {
    std::vector<std::string> tasks;
    for (auto const& record : listing.strangers()) {
        bool const is_asked = !record.task_id.empty() && !known.has_owner(record.task_id);
        if (is_asked) tasks.push_back(record.task_id);
    }
    auto others = co_await ledger.others(std::move(account), std::move(tasks));
    for (auto const& task : others.tasks) known.note_foreign(task);
    co_return others;
}

awaitable<void> adopt_found(LedgerLink& ledger, std::vector<Digest> steps, Findings& findings,
                            KnownTasks& known) {
    bool is_contradicted = false;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        auto& conclusion = findings.searches[i];
        if (conclusion.what != Conclusion::What::found) continue;
        auto const& task = conclusion.record->task_id;
        auto const entered = co_await ledger.adopt(steps[i], task);
        if (entered == Entered::done || entered == Entered::known) continue;
        if (entered == Entered::taken) known.note_foreign(task);
        conclusion.what = Conclusion::What::undecided;
        conclusion.doubt = entered == Entered::taken ? Doubt::elsewhere : Doubt::left_over;
        is_contradicted = true;
    }
    if (!is_contradicted) co_return;
    for (auto& conclusion : findings.searches) {
        if (conclusion.what != Conclusion::What::absent) continue;
        conclusion.what = Conclusion::What::undecided;
        conclusion.doubt = Doubt::left_over;
    }
}

} // namespace darkroom::engine
