// The finished steps of earlier runs: from one reading of the journal and of the directory.
#include "runner/store/done_steps.hpp"

#include "jobs/services/midjourney/model.hpp"
#include "runner/store/action_mask.hpp"

#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <vector>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;

namespace {

struct DoneFixture : LoopFixture {
    void record(std::vector<engine::Event> const& events) {
        auto journal = must(SqliteJournal::open(executor(), folder.journal()));
        for (auto const& event : events) must(run(journal->append(event)));
    }

    /// A file of as many bytes as `saved()` says.
    void put_image(std::string const& name, std::size_t less = 0) {
        auto const image = std::get<engine::ImageSaved>(saved(1, name).fact).image;
        put_content(directory / name, std::string(image.bytes - less, 'x'));
    }

    void change(std::string const& sql) {
        auto database = must(Database::open(folder.journal(), Database::Mode::create));
        must(database.execute(sql));
    }

    DoneSteps read() {
        auto reader = must(JournalReader::open(folder.journal()));
        return must(DoneSteps::read(reader, folder, {}));
    }

    TempDirectory directory;
    RunFolder folder = must(RunFolder::open(directory.path()));
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(done_steps, DoneFixture)

BOOST_AUTO_TEST_CASE(a_new_journal_has_none) {
    record({});
    BOOST_TEST(read().size() == 0u);
    BOOST_TEST(!read().find(step_number(1)).has_value());
}

BOOST_AUTO_TEST_CASE(a_paid_step_with_all_its_images_is_done) {
    record({submitted(1), finished(1), saved(1, "a.png")});
    put_image("a.png");
    BOOST_TEST(read().find(step_number(1)).value().images == 1);
    BOOST_TEST(!read().find(step_number(2)).has_value());
}

BOOST_AUTO_TEST_CASE(a_text_without_a_file_is_done_unless_it_is_to_have_one) {
    record({submitted(1), finished(1), event_of(1, engine::ImageSaved{})});
    auto reader = must(JournalReader::open(folder.journal()));
    auto const without = must(DoneSteps::read(reader, folder, {}));
    BOOST_TEST(without.find(step_number(1)).value().images == 1);
    auto const with = must(DoneSteps::read(reader, folder, {.texts_have_files = true}));
    BOOST_TEST(!with.find(step_number(1)).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_open_or_failed_or_waits_for_its_image_is_not) {
    record({submitted(1), submitted(2), finished(2), submitted(3),
            failed(3, engine::Verdict::rejected, true), submitted(4), finished(4),
            failed(4, engine::Verdict::download, true)});
    for (int step = 1; step <= 4; ++step) BOOST_TEST(!read().find(step_number(step)).has_value());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_gone_or_cut_is_missed) {
    record({submitted(1), finished(1), saved(1, "a.png"), submitted(2), finished(2),
            saved(2, "b.png"), submitted(3), finished(3), saved(3, "c.png")});
    put_image("b.png", 1);
    put_image("c.png");
    BOOST_TEST(!read().find(step_number(1)).has_value());
    BOOST_TEST(!read().find(step_number(2)).has_value());
    BOOST_TEST(read().find(step_number(3)).value().images == 1);
}

BOOST_AUTO_TEST_CASE(files_are_looked_for_in_their_directories) {
    std::string const names[] = {"a/1.png",  "a/2.png", "a/3.png", "b/1.png", "top.png",
                                 "also.png", "b/2.png", "a/4.png", "a/5.png"};
    for (auto const* way : {"a", "b"}) std::filesystem::create_directory(directory / way);
    std::vector<engine::Event> events;
    int step = 0;
    for (auto const& name : names) {
        ++step;
        for (auto&& event : {submitted(step), finished(step), saved(step, name)})
            events.push_back(event);
        bool const is_gone = name == "a/3.png" || name == "also.png" || name == "a/5.png";
        if (!is_gone) put_image(name);
    }
    record(events);
    auto const done = read();
    for (int i = 1; i <= step; ++i) {
        bool const is_gone = i == 3 || i == 6 || i == 9;
        BOOST_TEST(done.find(step_number(i)).has_value() == !is_gone, "step " << i);
    }
}

BOOST_AUTO_TEST_CASE(one_of_four_tiles_that_is_gone_is_missed) {
    std::vector<engine::Event> events{submitted(1), finished(1), saved(1, "0.png")};
    put_image("0.png");
    for (int tile = 1; tile <= 4; ++tile) {
        auto const name = std::to_string(tile) + ".png";
        events.push_back(saved(1, name, tile));
        put_image(name);
    }
    record(events);
    BOOST_TEST(read().find(step_number(1)).value().images == 5);
    must(remove_file(directory / "3.png"));
    BOOST_TEST(!read().find(step_number(1)).has_value());
}

BOOST_AUTO_TEST_CASE(each_of_many_is_found_by_its_key) {
    std::vector<engine::Event> events;
    for (int step = 1; step <= 300; ++step) {
        auto intent = submitted(step);
        std::get<engine::Submitted>(intent.fact).info.download = false;
        events.push_back(std::move(intent));
        if (step % 2 == 0) events.push_back(finished(step));
    }
    auto journal = must(SqliteJournal::open(executor(), folder.journal()));
    for (auto const& event : events) journal->note(event);
    run();
    journal.reset();
    auto const done = read();
    BOOST_TEST(done.size() == 150u);
    for (int step = 1; step <= 300; ++step)
        BOOST_TEST(done.find(step_number(step)).has_value() == (step % 2 == 0));
}

BOOST_AUTO_TEST_CASE(a_journal_from_before_sizes_were_kept_still_opens_and_is_asked_step_by_step) {
    record({});
    change("DROP TABLE images;"
           "CREATE TABLE images(seq INTEGER PRIMARY KEY, step BLOB NOT NULL,"
           " tile INTEGER NOT NULL, file TEXT NOT NULL, UNIQUE(step, tile))");
    record({submitted(1), finished(1), saved(1, "a.png"), submitted(2), finished(2),
            saved(2, "b.png")});
    put_image("a.png");
    put_image("b.png");
    change("UPDATE images SET bytes = -1 WHERE file = 'a.png'");
    BOOST_TEST(!read().find(step_number(1)).has_value());
    BOOST_TEST(read().find(step_number(2)).value().images == 1);
}

BOOST_AUTO_TEST_CASE(it_has_the_actions_that_each_image_offers) {
    auto const grid = std::vector<std::string>{"upscale1", "upscale2", "reroll"};
    auto const offering = [](int step, std::vector<std::string> actions) {
        auto event = finished(step);
        std::get<engine::Finished>(event.fact).answer.actions = std::move(actions);
        return event;
    };
    record({submitted(1), offering(1, grid), saved(1, "a.png"), submitted(2), offering(2, {}),
            saved(2, "b.png"), submitted(3), offering(3, {"upscale1", "levitate"}),
            saved(3, "c.png")});
    for (auto const* name : {"a.png", "b.png", "c.png"}) put_image(name);
    auto const done = read();
    auto const* of_grid = done.find(step_number(1)).value().actions;
    BOOST_REQUIRE(of_grid != nullptr);
    BOOST_TEST(*of_grid == grid, boost::test_tools::per_element());
    auto const* of_nothing = done.find(step_number(2)).value().actions;
    BOOST_REQUIRE(of_nothing != nullptr);
    BOOST_TEST(of_nothing->empty());
    BOOST_TEST(done.find(step_number(3)).value().actions == nullptr); // only its facts have them
}

BOOST_AUTO_TEST_CASE(a_journal_from_before_actions_were_stored_needs_the_facts) {
    record({submitted(1), finished(1), saved(1, "a.png")});
    put_image("a.png");
    change("ALTER TABLE steps DROP COLUMN offer");
    BOOST_TEST(read().find(step_number(1)).value().actions == nullptr);
    record({submitted(2), finished(2), saved(2, "b.png")});
    put_image("b.png");
    BOOST_TEST(read().find(step_number(1)).value().actions == nullptr);
    BOOST_TEST(read().find(step_number(2)).value().actions != nullptr);
}

BOOST_AUTO_TEST_CASE(a_step_that_is_bought_again_offers_its_new_actions) {
    auto again = finished(1);
    std::get<engine::Finished>(again.fact).answer.actions = {"pan_left"};
    record({submitted(1), finished(1), saved(1, "a.png"), submitted(1), again, saved(1, "b.png")});
    put_image("b.png");
    auto const done = read();
    auto const* offers = done.find(step_number(1)).value().actions;
    BOOST_REQUIRE(offers != nullptr);
    BOOST_TEST(*offers == std::vector<std::string>{"pan_left"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

// The number that a journal stores for the actions of an image.
BOOST_AUTO_TEST_SUITE(offers)

BOOST_AUTO_TEST_CASE(every_action_of_the_service_has_a_bit_of_its_own) {
    std::vector<std::string> all;
    for (auto const& action : jobs::midjourney::model.follow_ups) {
        std::string const name(action.name);
        BOOST_TEST(actions_of(action_mask_of(std::span(&name, 1))) == std::vector{name},
                   boost::test_tools::per_element());
        all.push_back(name);
    }
    BOOST_TEST(actions_of(action_mask_of(all)).size() == all.size());
}

BOOST_AUTO_TEST_CASE(journals_hold_these_numbers_so_they_never_change) {
    std::vector<std::string> const first{"upscale1"};
    std::vector<std::string> const last{"video", "upscale1"};
    BOOST_TEST(action_mask_of(first) == 1);
    BOOST_TEST(action_mask_of(last) == (std::int64_t{1} << 29) + 1);
}

BOOST_AUTO_TEST_CASE(an_action_without_a_bit_makes_the_mask_unknown) {
    std::vector<std::string> const unknown{"upscale1", "levitate"};
    BOOST_TEST(action_mask_of(unknown) == unknown_action_mask);
    BOOST_TEST(action_mask_of({}) == 0);
    BOOST_TEST(is_known_action_mask(0));
    BOOST_TEST(!is_known_action_mask(unknown_action_mask));
    BOOST_TEST(!is_known_action_mask(std::int64_t{1} << 40)); // a newer program's
}

BOOST_AUTO_TEST_SUITE_END()
