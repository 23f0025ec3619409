#include "runner/report/pick_walk.hpp"

#include "runner/report/board.hpp"

#include <set>

namespace darkroom::report {

namespace {

class PickWalk {
public:
    PickWalk(RunView const& run, std::function<void(PickChoice const&)> const& take)
        : run_(run), take_(take) {}

    /// Descends below paid steps; most steps cost one row of the history.
    Result<> visit(jobs::Step const& step) {
        if (step.then->empty()) return {};
        TRY_ASSIGN(auto const row, run_.history.find(step.key));
        if (!row || row->phase != engine::Phase::finished) return {};
        TRY_ASSIGN(auto const state, run_.history.state_of(step.key));
        auto const& actions = state.answer.actions;
        auto const spots = jobs::picks_below(step, actions, run_.picks);
        bool const is_new = spots.empty() || seen_.insert(step.key).second;
        for (auto const& spot : spots) {
            if (is_new) take_(PickChoice{step, state, spot});
        }
        for (auto const& child : jobs::below(step, actions, run_.picks).steps) {
            TRY(visit(child));
        }
        return {};
    }

private:
    RunView const& run_;
    std::function<void(PickChoice const&)> const& take_;
    std::set<Digest> seen_; // steps with choices: equal items share theirs
};

} // namespace

std::string PickChoice::name() const { return step_name(engine::info_of(step)); }

Result<> for_each_pick(RunView const& run, std::function<void(PickChoice const&)> const& take) {
    PickWalk walk(run, take);
    for (;;) {
        TRY_ASSIGN(auto item, run.next_item());
        if (!item) return {};
        TRY(walk.visit(jobs::first_step(std::move(item))));
    }
}

Result<std::uint64_t> count_waiting(RunView const& run) {
    std::uint64_t count = 0;
    TRY(for_each_pick(
        run, [&count](PickChoice const& choice) { count += choice.spot.is_made() ? 0 : 1; }));
    return count;
}

} // namespace darkroom::report
