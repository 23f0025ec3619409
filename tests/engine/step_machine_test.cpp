// The whole table: what a step does next for every phase and every outcome.
#include "runner/engine/step_machine.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <map>
#include <utility>
#include <vector>

namespace darkroom::engine {

namespace {

constexpr std::array all_phases{Phase::wanted, Phase::open, Phase::finished, Phase::failed,
                                Phase::skipped};
constexpr std::array all_outcomes{
    StepOutcome::ready,      StepOutcome::no_account,  StepOutcome::no_turn,
    StepOutcome::try_again,  StepOutcome::lost,        StepOutcome::account_parked,
    StepOutcome::no_word,    StepOutcome::left_wanted, StepOutcome::given_up,
    StepOutcome::answered,   StepOutcome::delivered,   StepOutcome::undelivered,
    StepOutcome::disk_failed};

/// Fails to compile when an outcome is missing here, which must then be added to all_outcomes.
std::string_view name_of(StepOutcome outcome) {
    switch (outcome) {
    case StepOutcome::ready: return "ready";
    case StepOutcome::no_account: return "no_account";
    case StepOutcome::no_turn: return "no_turn";
    case StepOutcome::try_again: return "try_again";
    case StepOutcome::account_parked: return "account_parked";
    case StepOutcome::lost: return "lost";
    case StepOutcome::no_word: return "no_word";
    case StepOutcome::left_wanted: return "left_wanted";
    case StepOutcome::given_up: return "given_up";
    case StepOutcome::answered: return "answered";
    case StepOutcome::delivered: return "delivered";
    case StepOutcome::undelivered: return "undelivered";
    case StepOutcome::disk_failed: return "disk_failed";
    }
    return "";
}

struct Row {
    StepOutcome outcome;
    Action wanted;
    Action open;
    Action finished;
    Action failed;
    Action skipped;
};

/// One column for each phase. A pair that cannot happen does what its phase asks for, or parks.
std::vector<Row> rows() {
    using enum Action;
    using O = StepOutcome;
    return {
        // after: wanted, open, finished, failed, skipped
        {O::ready, submit, look_up, deliver, give_up, submit},
        {O::no_account, park, park, park, park, park},
        {O::no_turn, park, park, park, park, park},
        {O::try_again, wait, look_up, deliver, give_up, submit},
        {O::account_parked, submit, look_up, deliver, give_up, submit},
        {O::lost, submit, look_up, deliver, give_up, submit},
        {O::no_word, park, park, park, park, park},
        {O::left_wanted, park, park, park, park, park},
        {O::given_up, submit, look_up, deliver, give_up, submit},
        {O::answered, submit, look_up, deliver, give_up, submit},
        {O::delivered, done, done, done, done, done},
        {O::undelivered, done, done, done, done, done},
        {O::disk_failed, park, park, park, park, park},
    };
}

using Pair = std::pair<Phase, StepOutcome>;

std::map<Pair, Action> table() {
    std::map<Pair, Action> actions;
    for (auto const& row : rows()) {
        actions.emplace(Pair{Phase::wanted, row.outcome}, row.wanted);
        actions.emplace(Pair{Phase::open, row.outcome}, row.open);
        actions.emplace(Pair{Phase::finished, row.outcome}, row.finished);
        actions.emplace(Pair{Phase::failed, row.outcome}, row.failed);
        actions.emplace(Pair{Phase::skipped, row.outcome}, row.skipped);
    }
    return actions;
}

} // namespace

BOOST_AUTO_TEST_SUITE(step_machine)

BOOST_AUTO_TEST_CASE(every_pair_of_phase_and_outcome_has_its_action) {
    auto const actions = table();
    for (auto const phase : all_phases) {
        for (auto const outcome : all_outcomes) {
            BOOST_TEST_CONTEXT(engine::name_of(phase) << " after " << name_of(outcome)) {
                auto const row = actions.find({phase, outcome});
                BOOST_REQUIRE(row != actions.end());
                BOOST_TEST((next_action(phase, outcome) == row->second));
            }
        }
    }
    BOOST_TEST(actions.size() == all_phases.size() * all_outcomes.size());
}

BOOST_AUTO_TEST_CASE(a_step_that_succeeds_at_once_is_submitted_delivered_and_done) {
    BOOST_TEST((next_action(Phase::wanted, StepOutcome::ready) == Action::submit));
    BOOST_TEST((next_action(Phase::finished, StepOutcome::answered) == Action::deliver));
    BOOST_TEST((next_action(Phase::finished, StepOutcome::delivered) == Action::done));
}

BOOST_AUTO_TEST_CASE(a_request_whose_answer_was_lost_is_never_sent_again_before_it_is_looked_up) {
    for (auto const outcome : all_outcomes)
        BOOST_TEST((next_action(Phase::open, outcome) != Action::submit), name_of(outcome));
}

BOOST_AUTO_TEST_CASE(what_is_paid_is_never_sent_again) {
    for (auto const outcome : all_outcomes)
        BOOST_TEST((next_action(Phase::finished, outcome) != Action::submit), name_of(outcome));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::engine
