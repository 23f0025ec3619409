// The sequences of a lost answer whose record, or whose listing, is not as the contract has it.
#include "tests/simulation/scenario.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace darkroom::simulation {

using namespace std::chrono_literals;
using engine::Phase;
using engine::RunEnd;

namespace {

using Shape = void (*)(Imperfections&);

struct Row {
    char const* name;
    Shape shape;
    bool ends; ///< It ends by itself; else it may stay unknown.
};

/// One answer is lost after the service took the request; others are made beside it.
void live_through_loss(Row const& row, std::string const& prompt) {
    BOOST_TEST_CONTEXT(row.name) {
        Scenario story;
        row.shape(story.service.imperfections);
        story.service.accidents[2] = Accident::lost(true, 2s);
        story.want("a red boat before it");
        story.want(prompt);
        story.want("a green hill after it");
        story.options.limits.concurrency = 1;
        auto const result = story.run_once();
        BOOST_TEST(story.charged() == 3);
        bool const is_done = result.end == RunEnd::all_done || story.runs_until_done(4) > 0;
        BOOST_TEST(story.charged() == 3);
        BOOST_TEST(story.booked() == (is_done ? 3 : 2));
        if (row.ends) BOOST_TEST(is_done);
        if (!is_done) BOOST_TEST(!story.reason().empty());
        BOOST_TEST(story.wrongs().empty(), fmt::format("{}", fmt::join(story.wrongs(), "; ")));
    }
}

constexpr char const* plain_prompt = "paper boats on a canal --ar 3:2";
constexpr char const* rich_prompt = "Caf\xc3\xa9 & tea  at\nnight, it's late --ar 3:2 --v 6";

} // namespace

BOOST_AUTO_TEST_CASE(sequence_1_records_with_more_members_than_were_sent_are_adopted) {
    constexpr Row rows[] = {
        {"as published", [](Imperfections&) {}, true},
        {"only what was sent", [](Imperfections& how) { how.further_members = false; }, true},
        {"defaults filled in", [](Imperfections& how) { how.defaults_filled = true; }, true},
    };
    for (auto const& row : rows) live_through_loss(row, plain_prompt);
}

BOOST_AUTO_TEST_CASE(sequence_2_prompts_in_other_words_are_never_bought_again) {
    constexpr Row rows[] = {
        {"trimmed", [](Imperfections& how) { how.prompt = PromptForm::trimmed; }, true},
        {"squeezed", [](Imperfections& how) { how.prompt = PromptForm::squeezed; }, true},
        {"long dash", [](Imperfections& how) { how.prompt = PromptForm::long_dash; }, true},
        {"decomposed", [](Imperfections& how) { how.prompt = PromptForm::decomposed; }, true},
        {"escaped", [](Imperfections& how) { how.prompt = PromptForm::escaped; }, true},
        {"extended", [](Imperfections& how) { how.prompt = PromptForm::extended; }, true},
        {"rewritten", [](Imperfections& how) { how.prompt = PromptForm::rewritten; }, true},
        {"request as text", [](Imperfections& how) { how.request = RequestForm::text; }, true},
        {"no request", [](Imperfections& how) { how.request = RequestForm::missing; }, false},
    };
    for (auto const& row : rows) live_through_loss(row, rich_prompt);
}

BOOST_AUTO_TEST_CASE(sequence_3_times_and_ids_in_other_forms_are_never_bought_again) {
    constexpr Row rows[] = {
        {"ms", [](Imperfections& how) { how.time = TimeForm::milliseconds; }, true},
        {"us", [](Imperfections& how) { how.time = TimeForm::microseconds; }, true},
        {"iso", [](Imperfections& how) { how.time = TimeForm::iso; }, true},
        {"empty", [](Imperfections& how) { how.time = TimeForm::empty; }, false},
        {"missing", [](Imperfections& how) { how.time = TimeForm::missing; }, false},
        {"8 h ahead", [](Imperfections& how) { how.records_ahead = 8h; }, true},
        {"8 h behind", [](Imperfections& how) { how.records_ahead = -8h; }, true},
        {"two zones",
         [](Imperfections& how) {
             how.records_ahead = 8h;
             how.two_zones = true;
         },
         false},
        {"task_id", [](Imperfections& how) { how.id_as_task_id = true; }, true},
        {"finished_at as text", [](Imperfections& how) { how.finished_as_text = true; }, true},
        {"half a pair", [](Imperfections& how) { how.broken_strangers = 2; }, true},
    };
    for (auto const& row : rows) live_through_loss(row, plain_prompt);
}

BOOST_AUTO_TEST_CASE(sequence_11_listings_that_cannot_tell_buy_nothing_twice) {
    constexpr Row rows[] = {
        {"lists nothing", [](Imperfections& how) { how.lists_nothing = true; }, false},
        {"ignores offset", [](Imperfections& how) { how.ignores_offset = true; }, false},
        {"capped", [](Imperfections& how) { how.list_cap = 1; }, false},
        {"late", [](Imperfections& how) { how.lists_after = 32s; }, true},
        {"unordered", [](Imperfections& how) { how.is_unordered = true; }, false},
        {"lacks some", [](Imperfections& how) { how.lacks_known = true; }, false},
        {"above 16 MiB", [](Imperfections& how) { how.too_large_from = 3; }, true},
    };
    for (auto const& row : rows) live_through_loss(row, plain_prompt);
}

/// The same for a request that the service never took: it must not stay unknown for good where the
/// listing can tell.
BOOST_AUTO_TEST_CASE(sequence_5_a_request_that_was_never_taken_is_sent_again_after_a_witness) {
    Scenario story;
    story.service.accidents[2] = Accident::lost(false, 2s);
    for (int i = 0; i < 6; ++i) story.want(fmt::format("boat {} of six", i));
    story.options.limits.concurrency = 1;
    BOOST_TEST(name_of(story.run_once().end) == "all_done");
    BOOST_TEST(story.charged() == 6);
    BOOST_TEST(story.booked() == 6);
    BOOST_TEST(story.wrongs().empty());
    BOOST_TEST(story.service.requests() == 7);
    BOOST_TEST((story.service.tasks().back().taken_at.time_since_epoch() < 1h + 4min));
}

BOOST_AUTO_TEST_CASE(sequence_6_the_last_request_of_a_run_is_closed_by_a_run_an_hour_later) {
    for (int const others : {0, 3}) {
        Scenario story;
        story.service.accidents[others + 1] = Accident::lost(false, 2s);
        // an empty listing would tell nothing
        story.service.add_foreign("of others",
                                  story.service.service_wall() - std::chrono::hours(2));
        for (int i = 0; i < others; ++i) story.want(fmt::format("boat {} of some", i));
        story.want("the last lantern");
        story.options.limits.concurrency = 1;
        auto const result = story.run_once();
        BOOST_TEST(result.tally.unknown == 1u);
        BOOST_TEST(story.charged() == others);
        BOOST_TEST(!story.reason().empty());
        BOOST_TEST(story.runs_until_done() != 0);
        BOOST_TEST(story.charged() == others + 1);
        BOOST_TEST(story.booked() == others + 1);
        BOOST_TEST(story.wrongs().empty());
    }
}

BOOST_AUTO_TEST_CASE(sequence_7_what_the_service_took_is_adopted_at_once) {
    for (int const others : {0, 3}) {
        Scenario story;
        story.service.accidents[others + 1] = Accident::lost(true, 2s);
        for (int i = 0; i < others; ++i) story.want(fmt::format("boat {} of some", i));
        story.want("the last lantern");
        story.options.limits.concurrency = 1;
        BOOST_TEST(name_of(story.run_once().end) == "all_done");
        BOOST_TEST(story.charged() == others + 1);
        BOOST_TEST(story.booked() == others + 1);
    }
}

BOOST_AUTO_TEST_CASE(sequence_8_a_task_whose_record_appears_late_is_followed) {
    for (Duration const late : {Duration(45s), Duration(10min)}) {
        Scenario story;
        story.service.imperfections.shown_after = late;
        story.service.imperfections.lists_after = late;
        Accident cut;
        cut.kind = Accident::Kind::cut;
        story.service.accidents[1] = cut;
        story.want("a lantern");
        story.want("a green hill");
        BOOST_TEST(name_of(story.run_once().end) == "all_done");
        BOOST_TEST(story.charged() == 2);
        BOOST_TEST(story.service.requests() == 2);
    }
}

BOOST_AUTO_TEST_CASE(sequence_9_a_task_that_never_ends_is_given_up_after_a_day_and_not_before) {
    Scenario story;
    Accident cut;
    cut.kind = Accident::Kind::cut;
    story.service.accidents[1] = cut;
    story.service.on_accept = [](Task& task) {
        bool const first = task.number == 1;
        task.ends_at = task.taken_at + (first ? Duration(1000h) : Duration(20s));
        if (first) task.end = TaskEnd::failed;
    };
    story.want("a lantern");
    for (int runs = 0; runs < 18; ++runs) { // each follows the task for a while
        story.run_once();
        story.clock.skip(1h);
        BOOST_TEST(story.service.requests() == 1);
        BOOST_TEST(story.in_phase(Phase::open) == 1);
    }
    BOOST_TEST(story.runs_until_done(8) != 0);
    BOOST_TEST(story.charged() == 1);
    BOOST_TEST(story.service.requests() == 2);
}

BOOST_AUTO_TEST_CASE(sequence_12_records_that_arrive_between_two_pages_do_not_end_the_walk) {
    Scenario story;
    story.service.accidents[2] = Accident::lost(true, 2s);
    story.service.on_look_up = [&story] {
        if (story.service.tasks().size() > 2'000) return;
        for (int i = 0; i < 100; ++i)
            story.service.add_foreign(fmt::format("of others {}", i), story.service.service_wall());
    };
    story.want("a red boat before it");
    story.want("paper boats on a canal");
    story.want("a green hill after it");
    story.options.limits.concurrency = 1;
    bool const is_done = story.run_once().end == RunEnd::all_done || story.runs_until_done() != 0;
    BOOST_TEST(is_done);
    BOOST_TEST(story.charged() == 3);
    BOOST_TEST(story.booked() == 3);
    BOOST_TEST(story.wrongs().empty());
}

/// Half of the pages come from a server that lacks what has just come of others: read as if they
/// followed each other, they pass over the lost task.
BOOST_AUTO_TEST_CASE(sequence_33_pages_that_do_not_meet_prove_nothing) {
    int ended = 0;
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        Scenario story;
        story.chance = Chance(seed);
        auto& how = story.service.imperfections;
        how.page_max = static_cast<int>(2 + seed % 4);
        how.crowd = static_cast<int>(1 + seed % 6);
        how.servers_differ = true;
        story.service.accidents[2] = Accident::lost(true, Duration(seed * 200ms));
        for (int i = 0; i < 4; ++i) story.want(fmt::format("boat {} of four", i));
        story.options.limits.concurrency = 2;
        story.options.limits.rate = seed % 2 == 0 ? 1 : 100;
        bool const is_done = story.run_once().end == RunEnd::all_done || story.runs_until_done();
        ended += is_done ? 1 : 0;
        BOOST_TEST(story.charged() <= 4, "seed " << seed);
        BOOST_TEST(story.wrongs().empty());
    }
    BOOST_TEST(ended > 100);
}

BOOST_AUTO_TEST_CASE(sequence_16_the_equal_prompts_of_last_night_are_not_adopted) {
    Scenario story;
    auto const last_night = story.service.service_wall() - std::chrono::hours(10);
    for (int i = 0; i < 5; ++i) story.service.add_foreign("a lantern", last_night);
    story.service.accidents[1] = Accident::lost(true, 2s);
    story.want("a lantern");
    story.want("a green hill");
    bool const is_done = story.run_once().end == RunEnd::all_done || story.runs_until_done() != 0;
    BOOST_TEST(is_done);
    BOOST_TEST(story.charged() == 2);
    for (auto const& [step, state] : story.states()) {
        auto const* task = story.service.task_of_id(state.answer.task_id);
        BOOST_REQUIRE(task != nullptr);
        BOOST_TEST(!task->is_foreign);
    }
}

BOOST_AUTO_TEST_CASE(sequence_28_texts_without_ids_are_adopted_or_proven_like_pictures) {
    for (bool const taken : {true, false}) {
        for (char const* endpoint : {"shorten", "translate"}) {
            BOOST_TEST_CONTEXT(endpoint << (taken ? " taken" : " not taken")) {
                Scenario story;
                story.service.add_history("");
                story.service.accidents[2] = Accident::lost(taken, 2s);
                auto const member = endpoint == std::string_view("shorten") ? "prompt" : "content";
                for (char const* text : {"one long text", "two long texts", "three long texts"})
                    story.want_text(endpoint, json::Object{{member, text}});
                story.options.limits.concurrency = 1;
                auto const result = story.run_once();
                bool const is_done = result.end == RunEnd::all_done || story.runs_until_done() != 0;
                BOOST_TEST(is_done);
                BOOST_TEST(story.charged() == 3);
                BOOST_TEST(story.booked() == 3);
            }
        }
    }
}

} // namespace darkroom::simulation
