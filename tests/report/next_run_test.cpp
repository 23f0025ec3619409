// What the next run would pay, by what its run directory has.
#include "runner/report/next_run.hpp"

#include "jobs/read/load.hpp"
#include "tests/report/fake_history.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace darkroom;
using namespace darkroom::report;
using engine::Phase;

namespace {

auto const four_items = std::string(R"(version: 1
prices: {generate: 0.026, upscale: 0.005, variation: 0.03}
limits: {concurrency: 2, rate: 10/s}
jobs:
  - id: day
    prompt: a {red, blue, red} car
    then: [upscale1, {action: variation2, then: [upscale4]}]
  - id: night
    prompt: a car at night
)");

/// A plan and its history.
struct Directory {
    explicit Directory(std::string const& text = four_items) {
        auto loaded = jobs::load_job_text(text, "/home/somebody/cars.yaml", {});
        BOOST_REQUIRE(loaded.file.has_value());
        file = std::move(*loaded.file);
        jobs::Plan plan(file);
        for (auto item = plan.next(); item.has_value() && *item; item = plan.next())
            firsts.push_back(jobs::first_step(*item));
    }

    void put(jobs::Step const& step, Phase phase, std::vector<std::string> actions = {}) {
        engine::StepState state;
        state.phase = phase;
        state.answer.actions = std::move(actions);
        state.info.download = false;
        auto const before = history.states.find(step.key);
        if (before != history.states.end()) --count_of(before->second.phase);
        ++count_of(phase);
        history.states[step.key] = state;
    }
    std::int64_t& count_of(Phase phase) {
        return history.step_counts.by_phase.at(static_cast<std::size_t>(phase));
    }

    NextRun next(bool has_history = true,
                 std::map<Digest, std::uint64_t> const* missing = nullptr) {
        given_up.clear();
        std::optional<jobs::Plan> plan;
        auto const begin = [&] { plan.emplace(file); };
        begin();
        PlanView view{file,  [&plan] { return plan->next(); },
                      begin, has_history ? &history : nullptr,
                      picks, [this](jobs::Step const& step) { given_up += step.path + '.'; },
                      {},    missing};
        auto read = next_run(view);
        BOOST_REQUIRE(read.has_value());
        begin();
        view.next_mark = [&plan] { return plan->next_mark(); };
        view.marked_item = [&plan] { return plan->item(); };
        given_up.clear();
        auto const marked = next_run(view);
        BOOST_REQUIRE(marked.has_value());
        BOOST_TEST((to_json(*marked) == to_json(*read)));
        BOOST_TEST(next_run_text(*marked) == next_run_text(*read));
        BOOST_TEST(marked->fresh.items == read->fresh.items);
        BOOST_TEST(marked->fresh.rows.size() == read->fresh.rows.size());
        return std::move(*read);
    }

    jobs::JobFile file;
    std::vector<jobs::Step> firsts;
    jobs::Picks picks;
    test::FakeHistory history;
    std::string given_up; ///< The paths of the steps that were given up, by the last walk.
};

/// Returns "new done failed unknown cost repeats".
std::string figures(NextRun const& next) {
    auto const object = to_json(next);
    std::string text;
    for (auto const* key : {"new", "done", "failed", "unknown", "cost", "repeats"})
        text += object.text(key).value() + ' ';
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(next_run_of_a_plan)

BOOST_AUTO_TEST_CASE(a_first_run_pays_for_each_request_once) {
    // 2 × (0.026 + 0.005 + 0.03 + 0.005) + 0.026; the third item repeats the first
    BOOST_TEST(figures(Directory().next(false)) == "9 0 0 0 0.158 1 ");
    BOOST_TEST(figures(Directory().next()) == "9 0 0 0 0.158 1 ");
    BOOST_TEST(next_run_text(Directory().next()) ==
               "1 of 4 items repeats another and shares its picture.\n");
}

BOOST_AUTO_TEST_CASE(files_of_paid_steps_that_are_missing_are_loaded_again) {
    Directory one;
    one.put(one.firsts[0], Phase::finished, {"upscale1"});
    one.put(jobs::steps_below(one.firsts[0])[0], Phase::finished);
    std::map<Digest, std::uint64_t> missing{{sha256("no longer wanted"), 7}};
    BOOST_TEST(one.next(true, &missing).missing == 0u);
    missing[one.firsts[0].key] = 1;
    missing[jobs::steps_below(one.firsts[0])[0].key] = 4;
    auto next = one.next(true, &missing);
    BOOST_TEST(next.missing == 5u);
    std::string const words =
        "5 saved files are missing or damaged; the next run loads them again, at no cost.\n";
    BOOST_TEST(next_run_text(next).find(words) != std::string::npos);
    next.is_at_work = true; // it may have loaded them by now
    BOOST_TEST(next_run_text(next).find(words) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_paid_failed_or_unknown_is_not_paid_again) {
    Directory one;
    one.put(one.firsts[0], Phase::finished, {"upscale1", "variation2"});
    // its two follow-ups and what follows the second
    BOOST_TEST(figures(one.next()) == "8 1 0 0 0.132 1 ");
    BOOST_TEST(one.next().fresh.items == 3u);
    auto const below = jobs::steps_below(one.firsts[0]);
    BOOST_REQUIRE(below.size() == 2u);
    one.put(below[0], Phase::finished);
    one.put(below[1], Phase::failed);
    // no upscale of a variation that failed
    BOOST_TEST(figures(one.next()) == "5 2 1 0 0.092 1 ");
    BOOST_TEST(one.given_up == "variation2.");
    BOOST_TEST(one.next().skipped == 0u);
    one.put(jobs::steps_below(below[1])[0], Phase::skipped);
    BOOST_TEST(one.next().skipped == 1u);
    BOOST_TEST(one.next().by_state().all == 9u);
    one.put(one.firsts[3], Phase::open);
    BOOST_TEST(figures(one.next()) == "4 2 1 1 0.066 1 ");
    BOOST_TEST(one.next().fresh.items == 1u);
    one.put(one.firsts[1], Phase::open);
    // the answer may be there: its follow-ups are bought then
    BOOST_TEST(figures(one.next()) == "3 2 1 2 0.04 1 ");
    BOOST_TEST(next_run_text(one.next()) ==
               "The run directory has 2 steps done, 1 failed, 1 skipped, 2 "
               "unknown.\n"
               "1 of 4 items repeats another and shares its picture.\n");
}

BOOST_AUTO_TEST_CASE(what_is_paid_and_not_loaded_is_done_and_still_to_load) {
    Directory one;
    one.put(one.firsts[0], Phase::finished);
    one.put(one.firsts[1], Phase::finished);
    BOOST_TEST(steps_text(one.next().by_state()) == "2 of 9 steps done");
    one.history.states[one.firsts[1].key].info.download = true;
    BOOST_TEST(steps_text(one.next().by_state()) == "2 of 9 steps done (1 still to load)");
    BOOST_TEST(next_run_text(one.next())
                   .starts_with("The run directory has 2 steps done (1 still to load)."));
    one.history.states[one.firsts[1].key].saved.emplace_back();
    BOOST_TEST(one.next().to_load == 0u);
}

BOOST_AUTO_TEST_CASE(a_step_that_was_skipped_is_new_once_the_step_above_is_paid) {
    Directory one;
    one.put(one.firsts[0], Phase::finished, {"upscale1", "variation2"});
    one.put(jobs::steps_below(one.firsts[0])[1], Phase::skipped);
    BOOST_TEST(figures(one.next()) == "8 1 0 0 0.132 1 ");
}

BOOST_AUTO_TEST_CASE(where_a_glob_is_open_the_most_is_told_as_well) {
    Directory one("version: 1\njobs: [{id: a, prompt: x, then: ['variation*']}]\n");
    auto const object = to_json(one.next());
    BOOST_TEST(object.text("new").value() == "5");
    BOOST_TEST(object.find("most")->integer("new").value() >= 5);
    one.put(one.firsts[0], Phase::finished, {"variation3"});
    BOOST_TEST(to_json(one.next()).text("new").value() == "1");
    BOOST_TEST(to_json(one.next()).find("most")->text("new").value() == "1");
}

BOOST_AUTO_TEST_CASE(what_was_spent_counts_reserved_money_too) {
    Directory one;
    one.history.set(Phase::finished, 3, 78'000);
    one.history.set(Phase::open, 2, 52'000);
    auto const next = one.next();
    BOOST_TEST(next.spent.paid == 3);
    BOOST_TEST(next.spent.open == 2);
    BOOST_TEST(next.spent.open_price == 52'000);
}

BOOST_AUTO_TEST_CASE(a_wrong_table_ends_the_count) {
    Error const error(make_error_code(boost::system::errc::io_error), "table");
    Directory one;
    auto const read =
        next_run({one.file, [&] { return Result<std::shared_ptr<jobs::Item const>>(error); }, [] {},
                  nullptr, one.picks});
    BOOST_TEST(read.error().detail == "table");
}

// The first generation is shared; what follows it is bought for each that wants it, once.
BOOST_AUTO_TEST_CASE(equal_items_with_other_steps_below_are_paid_for_those) {
    Directory one(R"(version: 1
jobs:
  - {id: plain, prompt: a lamp}
  - {id: more, prompt: a lamp, then: [upscale1, {action: variation2, then: [upscale4]}]}
  - {id: same, prompt: a lamp, then: [upscale1, upscale2]}
  - {id: none, prompt: a lamp}
)");
    BOOST_TEST(figures(one.next(false)) == "5 0 0 0 0.13 3 ");
    one.put(one.firsts[0], Phase::finished, {"upscale1", "upscale2", "variation2"});
    BOOST_TEST(figures(one.next()) == "4 1 0 0 0.104 3 ");
    auto const below = jobs::steps_below(one.firsts[1]); // upscale1, variation2
    one.put(below[0], Phase::finished);
    one.put(below[1], Phase::failed);
    BOOST_TEST(figures(one.next()) == "1 2 1 0 0.026 3 "); // upscale2 is left
    BOOST_TEST(one.given_up.find("variation2") != std::string::npos);
    one.put(jobs::steps_below(below[1])[0], Phase::skipped);
    BOOST_TEST(one.next().skipped == 1u);
    BOOST_TEST(one.next().by_state().all == 5u);
}

BOOST_AUTO_TEST_CASE(what_follows_may_differ_by_the_row) {
    Directory one(R"(version: 1
jobs:
  - id: t
    prompt: a lamp
    matrix: {m: [on, off]}
    then: [{action: video, prompt: "{{m}}"}]
)");
    BOOST_TEST(figures(one.next(false)) == "3 0 0 0 0.078 1 ");
}

BOOST_AUTO_TEST_SUITE_END()
