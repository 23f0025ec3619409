// What the closing words need from a run's events.
#include "runner/report/run_notes.hpp"

#include "tests/report/stage.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::report;
using engine::Verdict;

BOOST_AUTO_TEST_SUITE(run_notes)

BOOST_AUTO_TEST_CASE(the_last_failure_is_kept) {
    RunNotes notes;
    test::Story story{test::info_of(1)};
    BOOST_TEST(!notes.last_failure().has_value());
    story.submitted();
    notes.on_event(story.failed(test::problem_of(Verdict::transient, "refused"), false),
                   story.state);
    notes.on_event(story.failed(test::problem_of(Verdict::transient, "not_the_service"), false),
                   story.state);
    notes.on_event(story.submitted(), story.state);
    BOOST_TEST(notes.last_failure()->code == "not_the_service");
}

BOOST_AUTO_TEST_CASE(a_second_charge_is_kept_with_the_task_whose_image_the_step_has) {
    struct Row {
        bool is_charged_first; ///< Before the attempt that the step keeps has finished.
    };
    for (auto const& row : {Row{false}, Row{true}}) {
        RunNotes notes;
        test::Story story{test::info_of(1)};
        story.submitted();
        if (!row.is_charged_first) notes.on_event(story.finished(), story.state);
        notes.on_event(story.next(engine::ChargedAgain{"task-0", 26'000}), story.state);
        if (row.is_charged_first) notes.on_event(story.finished(), story.state);
        BOOST_REQUIRE(notes.charges().all == 1u);
        BOOST_TEST(notes.charges().cost == 26'000);
        auto const& charge = notes.charges().first.front();
        BOOST_TEST(charge.task_id == "task-0");
        BOOST_TEST(charge.kept_id == "task-1", row.is_charged_first);
    }
}

BOOST_AUTO_TEST_CASE(what_an_earlier_run_has_sent_is_not_paid_by_this_one) {
    RunNotes notes;
    test::Story story{test::info_of(1)};
    story.submitted();
    auto event = story.finished();
    notes.on_event(event, story.state);
    std::get<engine::Finished>(event.fact).by_earlier_run = true;
    notes.on_event(event, story.state);
    notes.on_event(story.next(engine::ChargedAgain{"task-0", 5'000}), story.state);
    BOOST_TEST(notes.paid().generations == 2u);
    BOOST_TEST(notes.paid().cost == 31'000);
}

BOOST_AUTO_TEST_CASE(twenty_charges_are_shown_and_all_are_counted) {
    SecondCharges charges;
    for (int i = 0; i < 25; ++i)
        charges.add({test::key_of("step"), "cars/1", "task-" + std::to_string(i), "kept", 26'000});
    auto const lines = charge_lines(charges, "USD");
    BOOST_TEST(lines.size() == 22u);
    BOOST_TEST(lines.front().starts_with("Charged more than once (0.65 USD)"));
    BOOST_TEST(lines.at(1).find("task task-0, 0.026 USD; its image is of task kept") !=
               std::string::npos);
    BOOST_TEST(lines.back() == "  and 5 more");
    BOOST_TEST(charge_lines({}, "USD").empty());
}

BOOST_AUTO_TEST_SUITE_END()
