#include "runner/cli/pick_walk.hpp"

#include "runner/cli/exit_code.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/report/board.hpp"
#include "runner/store/journal_reader.hpp"

#include <set>

namespace darkroom::cli {

namespace {

template <class T>
T read(Result<T> result) {
    if (result.has_error()) throw Quit(ExitCode::disk, result.error().message());
    return std::move(*result);
}

class Walk {
public:
    Walk(store::JournalReader& journal, jobs::Picks const& picks,
         std::function<void(PickPlace const&)> const& take)
        : journal_(journal), picks_(picks), take_(take) {}

    /// Goes on below what is paid; most steps cost a look at one row of the journal.
    void visit(jobs::Step const& step) {
        if (step.then->empty()) return;
        auto const summary = read(journal_.summary(step.key));
        if (!summary || summary->phase != engine::Phase::finished) return;
        auto const state = read(journal_.find(step.key)).state;
        auto const& actions = state.answer.actions;
        auto const spots = jobs::picks_below(step, actions, picks_);
        bool const fresh = spots.empty() || seen_.insert(step.key).second;
        for (auto const& spot : spots) {
            if (fresh) take_(PickPlace{step, state, spot});
        }
        for (auto const& child : jobs::below(step, actions, picks_).steps) visit(child);
    }

private:
    store::JournalReader& journal_;
    jobs::Picks const& picks_;
    std::function<void(PickPlace const&)> const& take_;
    std::set<Digest> seen_; // steps with choices: equal items share theirs
};

} // namespace

std::string PickPlace::name() const { return report::step_name(engine::info_of(step)); }

void for_each_pick(Job const& job, std::string const& directory, jobs::Picks const& picks,
                   std::function<void(PickPlace const&)> const& take) {
    auto journal = read(store::JournalReader::open(journal_of(directory)));
    Walk walk(journal, picks, take);
    jobs::Plan plan(job.file, job.plan);
    for (;;) {
        auto item = plan.next();
        if (item.has_error()) throw Quit(ExitCode::bad_file, item.error().message());
        if (!*item) return;
        walk.visit(jobs::first_step(std::move(*item)));
    }
}

std::uint64_t count_waiting(Job const& job, std::string const& directory,
                            jobs::Picks const& picks) {
    std::uint64_t count = 0;
    for_each_pick(job, directory, picks,
                  [&count](PickPlace const& place) { count += place.spot.is_made() ? 0 : 1; });
    return count;
}

} // namespace darkroom::cli
