// The sequences of the order of sending, of many requests a second, and of old directories.
#include "tests/simulation/scenario.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace darkroom::simulation {

using namespace std::chrono_literals;
using engine::Phase;
using engine::RunEnd;

namespace {

/// Turns the facts into those that version 0.1 would have written: it gave up after a gateway's
/// page, and knew neither the order of sending nor whose listing it is.
void make_old(Scenario& story) {
    for (auto& event : story.disk.facts) {
        if (auto* submitted = std::get_if<engine::Submitted>(&event.fact)) {
            submitted->identity.clear();
            submitted->attempt = 0;
            submitted->tag.clear();
            submitted->boot.clear();
            submitted->service_ahead.reset();
        } else if (auto* accepted = std::get_if<engine::Accepted>(&event.fact)) {
            accepted->order = 0;
        } else if (auto* failed = std::get_if<engine::Failed>(&event.fact)) {
            failed->order = 0;
            failed->final = true;
            failed->by_0_1 = true;
        }
    }
    story.marks = MarkFile();
}

bool is_saved(engine::Event const& event) {
    return std::holds_alternative<engine::ImageSaved>(event.fact);
}

double in_seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

/// Makes a run of many short tasks, every so many of which is lost, beside one that is unknown
/// since yesterday. Returns the time until the last picture of those that were not lost.
Duration live_through_many(int lost_every) {
    constexpr int count = 3'000;
    Scenario story;
    story.service.add_history("");
    story.service.accidents[1] = Accident::lost(false, 1s);
    story.want("one of yesterday");
    story.run_once();
    BOOST_TEST(story.in_phase(Phase::open) == 1);
    story.clock.skip(24h);
    story.service.on_accept = [](Task& task) { task.ends_at = task.taken_at + 300ms; };
    story.options.limits.rate = 100;
    story.options.limits.concurrency = 100;
    story.options.limits.downloads = 100;
    for (int i = 0; i < count; ++i) story.want(fmt::format("boat {} of many", i));
    for (int i = lost_every; lost_every > 0 && i < count; i += lost_every)
        story.service.accidents[i] = Accident::lost(i % (2 * lost_every) == 0, 100ms);
    auto const begun = story.clock.wall();
    auto const before = std::ptrdiff_t(story.disk.facts.size());
    BOOST_TEST(name_of(story.run_once().end) == "all_done");
    BOOST_TEST(story.charged() == count + 1);
    BOOST_TEST(story.booked() == count + 1);
    BOOST_TEST(story.wrongs().empty());
    Disk run;
    run.facts.assign(story.disk.facts.begin() + before, story.disk.facts.end());
    for (auto const time : times_unknown(run))
        BOOST_TEST((time <= story.options.retry.settle + 20s)); // and two walks
    auto const saved = std::count_if(run.facts.begin(), run.facts.end(), is_saved);
    auto left = saved * 98 / 100;
    auto const last = std::find_if(run.facts.begin(), run.facts.end(), [&left](auto const& event) {
        return is_saved(event) && --left == 0;
    });
    return last->at - begun;
}

} // namespace

BOOST_AUTO_TEST_CASE(sequence_27_a_witness_was_sent_later_whatever_the_order_of_the_rows_is) {
    Scenario story;
    story.service.add_history("");
    auto slow = Accident::lost(false, 2s);
    slow.connecting = 10s;
    story.service.accidents[1] = slow; // its row is the first one, but it leaves as the second
    story.want("a lantern");
    story.want("a green hill");
    auto const result = story.run_once();
    BOOST_TEST(result.tally.unknown == 1u);
    BOOST_TEST(story.charged() == 1);
    story.want("a red boat");
    BOOST_TEST(name_of(story.run_once().end) == "all_done");
    BOOST_TEST(story.charged() == 3);
    BOOST_TEST(story.booked() == 3);
}

BOOST_AUTO_TEST_CASE(sequence_29_one_of_a_hundred_lost_at_many_a_second_slows_nothing_down) {
    auto const undisturbed = live_through_many(0);
    auto const disturbed = live_through_many(100);
    BOOST_TEST_MESSAGE(fmt::format("{:.1f} s, with losses {:.1f} s", in_seconds(undisturbed),
                                   in_seconds(disturbed)));
    BOOST_TEST((disturbed <= undisturbed * 5 / 4));
}

BOOST_AUTO_TEST_CASE(sequence_30_what_version_0_1_gave_up_after_a_page_is_looked_up_first) {
    for (bool const taken : {true, false}) {
        BOOST_TEST_CONTEXT((taken ? "taken" : "not taken")) {
            Scenario story;
            story.service.add_history("");
            story.service.accidents[2] = Accident::page(502, taken);
            for (int i = 0; i < 3; ++i) story.want(fmt::format("boat {} of three", i));
            story.options.limits.concurrency = 1;
            story.run_and_crash(25s);
            make_old(story);
            auto const requests = story.service.requests();
            for (int i = 0; i < 3; ++i) story.want(fmt::format("hill {} of three", i));
            bool const is_done =
                story.run_once().end == RunEnd::all_done || story.runs_until_done(4) != 0;
            // Nothing says to which service, and in which order, such a request was sent.
            BOOST_TEST(is_done == taken);
            BOOST_TEST(story.in_phase(Phase::open) == (taken ? 0 : 1));
            BOOST_TEST(story.charged() == (taken ? 6 : 5));
            BOOST_TEST(story.booked() == story.charged());
            BOOST_TEST(story.wrongs().empty());
            BOOST_TEST(story.service.requests() - requests == 3);
        }
    }
}

BOOST_AUTO_TEST_CASE(sequence_31_follow_ups_beside_those_of_another_run_after_two_crashes) {
    constexpr std::array<char const*, 3> actions{"upscale1", "upscale2", "upscale3"};
    jobs::Branch const below{{actions.begin(), actions.end()}, true, {}, {}};
    for (bool const reboots : {false, true}) {
        BOOST_TEST_CONTEXT((reboots ? "a power cut" : "two kills")) {
            Scenario story;
            story.want("a lantern", 1, {below});
            for (int i = 2; i <= 4; ++i) // the last one is never taken
                story.service.accidents[i] = Accident::lost(i < 4, 1min);
            story.run_and_crash(25s);
            BOOST_TEST(story.charged() == 3);
            for (char const* action : actions) {
                json::Value other = json::Object{{"action", action}, {"image_id", "77"}};
                story.service.add_foreign(std::move(other), "", story.service.service_wall());
            }
            if (reboots) story.marks.reboot();
            story.run_and_crash(1ms); // so the places of the requests in the order are forgotten
            story.want("a green hill", 1, {below});
            bool const is_done = story.run_once().end == RunEnd::all_done;
            BOOST_TEST_INFO("what is left says: " << story.reason());
            BOOST_TEST((is_done || story.runs_until_done() != 0));
            BOOST_TEST(story.charged() == 8);
            BOOST_TEST(story.booked() == 8);
            BOOST_TEST(story.wrongs().empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(sequence_32_a_power_cut_in_the_first_run_of_a_young_account) {
    Scenario story;
    for (int i = 0; i < 14; ++i) story.want(fmt::format("boat {} of many", i));
    story.options.limits.concurrency = 1;
    story.service.accidents[12] = Accident::lost(false, 1min);
    story.run_and_crash(11 * 20s + 10s);
    BOOST_TEST(story.charged() == 11);
    story.marks.reboot();
    bool const is_done = story.run_once().end == RunEnd::all_done;
    BOOST_TEST_INFO("what is left says: " << story.reason());
    BOOST_TEST((is_done || story.runs_until_done() != 0));
    BOOST_TEST(story.charged() == 14);
    BOOST_TEST(story.booked() == 14);
}

} // namespace darkroom::simulation
