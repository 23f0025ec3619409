#include "runner/store/journal.hpp"

#include "runner/engine/answer_limits.hpp"
#include "runner/engine/image_orders.hpp"
#include "runner/store/error.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <vector>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;
namespace asio = boost::asio;

namespace {

struct JournalFixture : LoopFixture {
    JournalFixture() { reopen(); }

    void reopen() {
        journal.reset();
        journal = must(SqliteJournal::open(executor(), path));
    }

    /// Appends, and waits until the fact is durable.
    void append(engine::Event event) { must(run(journal->append(std::move(event)))); }

    /// Appends all in one turn of the loop.
    std::vector<Result<>> append_together(std::vector<engine::Event> events) {
        std::vector<Result<>> results(events.size(), Error(Errc::locked, "no result"));
        for (std::size_t i = 0; i < events.size(); ++i) {
            auto on_end = [&results, i](std::exception_ptr, Result<> result) {
                results[i] = std::move(result);
            };
            asio::co_spawn(context, journal->append(std::move(events[i])), on_end);
        }
        run();
        return results;
    }

    engine::StepState state_of(int step) { return journal->find(step_number(step)).value(); }

    TempDirectory directory;
    std::string path = directory / "journal.db";
    std::unique_ptr<SqliteJournal> journal;
};

std::vector<std::string> kinds_in(std::string const& path) {
    auto reader = must(JournalReader::open(path));
    std::vector<std::string> kinds;
    must(reader.for_each_fact(0, [&](std::int64_t seq, engine::Event const& event) -> Result<> {
        BOOST_TEST(seq == static_cast<std::int64_t>(kinds.size()) + 1);
        kinds.emplace_back(engine::kind_of(event.fact));
        return {};
    }));
    return kinds;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(journal, JournalFixture)

BOOST_AUTO_TEST_CASE(a_new_journal_knows_nothing) {
    BOOST_TEST(!journal->find(step_number(1)).has_value());
    BOOST_TEST(!journal->knows_task("task-1"));
    BOOST_TEST(journal->unsettled_steps().empty());
    BOOST_TEST(journal->totals().paid == 0);
    BOOST_TEST(!journal->owner_of("images/1.png").has_value());
}

BOOST_AUTO_TEST_CASE(a_steps_life_is_the_same_before_and_after_reopening) {
    append(submitted(1));
    append(accepted(1, "task-1"));
    append(finished(1, 25'000));
    append(saved(1, "images/1.png"));
    for (bool const reopened : {false, true}) {
        if (reopened) reopen();
        auto const state = state_of(1);
        BOOST_TEST((state.phase == engine::Phase::finished));
        BOOST_TEST(state.task_id == "task-1");
        BOOST_TEST(state.account == "main");
        BOOST_TEST(state.price == 25'000);
        BOOST_TEST(state.info.prompt == "a car, number 1");
        BOOST_TEST(state.answer.url == "https://cdn.example.org/1.png");
        BOOST_TEST(state.saved.at(0).file == "images/1.png");
        BOOST_TEST((state.submitted_at == submitted(1).at));
        BOOST_TEST(journal->knows_task("task-1"));
        BOOST_TEST(!journal->knows_task("task-2"));
        BOOST_TEST(journal->totals().paid == 1);
        BOOST_TEST(journal->totals().cost == 25'000);
        BOOST_TEST((journal->owner_of("images/1.png") == ImageKey{step_number(1), 0}));
        BOOST_TEST(!journal->owner_of("images/2.png").has_value());
    }
    BOOST_TEST((kinds_in(path) ==
                std::vector<std::string>{"submitted", "accepted", "finished", "image_saved"}));
}

BOOST_AUTO_TEST_CASE(facts_count_as_soon_as_they_are_appended) {
    journal->note(submitted(1));
    journal->note(accepted(1, "task-1"));
    journal->note(submitted(2));
    BOOST_TEST((state_of(1).phase == engine::Phase::open));
    BOOST_TEST(journal->knows_task("task-1"));
    BOOST_TEST(journal->totals().open == 2);
    BOOST_TEST(journal->totals().open_price == 52'000);
    BOOST_TEST(journal->unsettled_steps().size() == 2u);
    journal->note(finished(1));
    journal->note(saved(1, "images/1.png"));
    BOOST_TEST(journal->totals().open == 1);
    BOOST_TEST(journal->totals().paid == 1);
    BOOST_TEST(journal->unsettled_steps().size() == 1u);
    BOOST_TEST((journal->owner_of("images/1.png") == ImageKey{step_number(1), 0}));
    journal->close();
    BOOST_TEST(kinds_in(path).size() == 5u);
}

BOOST_AUTO_TEST_CASE(a_thousand_facts_of_one_turn_share_a_commit) {
    std::vector<engine::Event> events;
    for (int i = 0; i < 1000; ++i) events.push_back(submitted(i));
    auto const before = journal->commits();
    for (auto const& result : append_together(events)) BOOST_TEST(result.has_value());
    BOOST_TEST(journal->commits() - before == 1);
    BOOST_TEST(must(journal->reader().last_seq()) == 1000);
}

BOOST_AUTO_TEST_CASE(facts_that_come_during_a_commit_share_the_next) {
    // Each of 100 steps appends ten facts, one after the other: ten commits, not a thousand.
    auto life = [this](int step) -> asio::awaitable<void> {
        for (int i = 0; i < 10; ++i) {
            auto event = submitted(step);
            auto const result = co_await journal->append(std::move(event));
            BOOST_TEST(result.has_value());
        }
    };
    auto on_end = [](std::exception_ptr error) { BOOST_TEST((error == nullptr)); };
    for (int step = 0; step < 100; ++step) asio::co_spawn(context, life(step), on_end);
    run();
    BOOST_TEST(must(journal->reader().last_seq()) == 1000);
    BOOST_TEST(journal->commits() <= 20);
}

BOOST_AUTO_TEST_CASE(facts_are_kept_in_the_order_of_the_calls) {
    std::vector<engine::Event> events;
    for (int i = 0; i < 200; ++i) events.push_back(submitted(i));
    append_together(events);
    int next = 0;
    must(journal->reader().for_each_fact(0, [&](std::int64_t, engine::Event const& event) {
        BOOST_TEST((event.step == step_number(next++)));
        return Result<>();
    }));
    BOOST_TEST(next == 200);
}

BOOST_AUTO_TEST_CASE(an_append_whose_caller_is_cancelled_is_recorded_all_the_same) {
    asio::cancellation_signal signal;
    bool ended = false;
    auto on_end = [&ended](std::exception_ptr, Result<>) { ended = true; };
    asio::co_spawn(context, journal->append(submitted(1)),
                   asio::bind_cancellation_slot(signal.slot(), on_end));
    asio::post(context, [&signal] { signal.emit(asio::cancellation_type::terminal); });
    run();
    BOOST_TEST(ended);
    journal->close();
    BOOST_TEST(kinds_in(path).size() == 1u);
}

BOOST_AUTO_TEST_CASE(close_commits_what_waits_and_then_takes_nothing_more) {
    journal->note(submitted(1));
    journal->note(submitted(2));
    journal->close();
    auto const late = run(journal->append(submitted(3)));
    BOOST_TEST((late.error().code == Errc::journal_closed));
    journal.reset();
    BOOST_TEST(!std::filesystem::exists(path + "-wal"));
    BOOST_TEST(kinds_in(path).size() == 2u);
}

BOOST_AUTO_TEST_CASE(those_who_wait_hear_of_the_commit_after_the_journal_is_gone) {
    bool durable = false;
    auto on_end = [&durable](std::exception_ptr, Result<> result) { durable = result.has_value(); };
    asio::co_spawn(context, journal->append(submitted(1)), on_end);
    context.restart();
    context.poll_one();
    journal.reset();
    run();
    BOOST_TEST(durable);
}

BOOST_AUTO_TEST_CASE(more_steps_than_the_cache_holds_are_read_from_the_database) {
    StepCache cache(3);
    for (int i = 0; i < 10; ++i) cache.put(step_number(i), StepRecord());
    BOOST_TEST(cache.size() == 3u);
    BOOST_TEST((cache.find(step_number(6)) == nullptr));
    cache.find(step_number(7))->uncommitted = 1;
    for (int i = 20; i < 30; ++i) cache.put(step_number(i), StepRecord());
    BOOST_TEST((cache.find(step_number(7)) != nullptr), "a busy step was dropped");
    BOOST_TEST(cache.size() <= 5u);
}

BOOST_AUTO_TEST_CASE(a_new_journal_of_many_steps_forgets_none_of_them) {
    constexpr int steps = 10'000; // the cache has room for fewer
    for (int step = 0; step < steps; ++step) {
        if (step % 2000 == 0) run(); // committed steps may leave the cache
        BOOST_TEST_REQUIRE(!journal->find(step_number(step)).has_value());
        journal->note(submitted(step));
    }
    run();
    for (int step = 0; step < steps; step += 7) {
        auto const state = journal->find(step_number(step));
        BOOST_TEST_REQUIRE(state.has_value());
        BOOST_TEST_REQUIRE((state->phase == engine::Phase::open));
    }
}

BOOST_AUTO_TEST_CASE(the_summaries_agree_with_the_folded_facts) {
    std::vector<engine::Event> events{submitted(1),
                                      failed(1, engine::Verdict::transient, false),
                                      submitted(2),
                                      failed(2, engine::Verdict::unknown, false),
                                      submitted(3),
                                      failed(3, engine::Verdict::rejected, true),
                                      submitted(4),
                                      finished(4),
                                      submitted(5),
                                      finished(5),
                                      saved(5, "5.png"),
                                      submitted(6),
                                      finished(6),
                                      failed(6, engine::Verdict::download, true),
                                      event_of(7, engine::Skipped{info_number(7), "parent failed"}),
                                      submitted(8),
                                      failed(8, engine::Verdict::rejected, true),
                                      event_of(8, engine::Requeued{})};
    append_together(events);
    reopen();
    std::int64_t gave_up = 0;
    for (int step = 1; step <= 8; ++step) {
        auto const summary = must(journal->reader().summary(step_number(step))).value();
        auto const state = state_of(step);
        BOOST_TEST((summary.phase == state.phase), "step " << step);
        BOOST_TEST(summary.price == state.price);
        BOOST_TEST(summary.unsettled == state.unsettled());
        BOOST_TEST(summary.images == static_cast<int>(state.saved.size()));
        gave_up += summary.gave_up;
    }
    auto const counts = must(journal->reader().counts());
    BOOST_TEST((counts.by_phase == std::array<std::int64_t, 5>{2, 1, 3, 1, 1}));
    BOOST_TEST(counts.gave_up == 2);
    BOOST_TEST(gave_up == 2);
    BOOST_TEST(journal->totals().paid == 3);
    BOOST_TEST(journal->totals().open == 1);
    BOOST_TEST(!must(journal->reader().summary(step_number(9))).has_value());
}

BOOST_AUTO_TEST_CASE(unsettled_steps_come_in_the_order_of_their_last_facts) {
    append_together({submitted(1), submitted(2), submitted(3), finished(3), submitted(4),
                     finished(4), saved(4, "4.png"), accepted(1, "task-1")});
    for (bool const reopened : {false, true}) {
        if (reopened) reopen();
        std::vector<Digest> steps;
        for (auto const& [step, state] : journal->unsettled_steps()) steps.push_back(step);
        BOOST_TEST((steps == std::vector<Digest>{step_number(2), step_number(3), step_number(1)}));
    }
}

BOOST_AUTO_TEST_CASE(every_task_id_that_was_ever_named_is_known) {
    auto lost = failed(1, engine::Verdict::generation, false);
    std::get<engine::Failed>(lost.fact).problem.task_id = "first";
    append_together({submitted(1), accepted(1, "zeroth"), lost, submitted(1), finished(1)});
    reopen();
    for (auto const* id : {"zeroth", "first", "task-1"}) BOOST_TEST(journal->knows_task(id), id);
    BOOST_TEST(!journal->knows_task(""));
}

BOOST_AUTO_TEST_CASE(images_are_listed_in_order_and_a_saved_again_one_goes_last) {
    append_together({submitted(1), finished(1), submitted(2), finished(2), saved(2, "2.png"),
                     saved(1, "1.png"), saved(2, "2-again.png")});
    BOOST_TEST(must(journal->reader().count_images()) == 2);
    BOOST_TEST(journal->find(step_number(2))->times_saved == 2);
    BOOST_TEST(journal->find(step_number(1))->times_saved == 1);
    std::vector<std::string> files;
    must(journal->reader().for_each_image(0, [&](ImageRecord const& image) -> Result<> {
        files.push_back(std::get<engine::ImageSaved>(image.event.fact).image.file);
        BOOST_TEST(image.state.saved.back().file == files.back());
        return {};
    }));
    BOOST_TEST((files == std::vector<std::string>{"1.png", "2-again.png"}));
    BOOST_TEST(!journal->owner_of("2.png").has_value());
}

BOOST_AUTO_TEST_CASE(another_program_s_database_is_refused_and_left_alone) {
    journal.reset();
    for (auto const& sql : {"CREATE TABLE theirs(x)", "PRAGMA application_id = 42"}) {
        auto const other = directory / "other.db";
        std::filesystem::remove(other);
        auto database = must(Database::open(other, Database::Mode::create));
        must(database.execute(sql));
        auto const before = content_of(other);
        auto const opened = SqliteJournal::open(executor(), other);
        BOOST_REQUIRE(opened.has_error());
        BOOST_TEST((opened.error().code == Errc::foreign_journal), opened.error().message());
        BOOST_TEST(content_of(other) == before);
    }
    put_content(directory / "text.db", std::string(5000, 'x'));
    auto const text = SqliteJournal::open(executor(), directory / "text.db");
    BOOST_TEST((text.error().code == Errc::foreign_journal), text.error().message());
    BOOST_TEST(content_of(directory / "text.db") == std::string(5000, 'x'));
}

BOOST_AUTO_TEST_CASE(a_newer_journal_is_refused_by_its_number) {
    journal.reset();
    {
        auto database = must(Database::open(path, Database::Mode::create));
        must(database.execute("PRAGMA user_version = 7"));
    }
    auto const opened = SqliteJournal::open(executor(), path);
    BOOST_REQUIRE(opened.has_error());
    BOOST_TEST((opened.error().code == Errc::newer_journal));
    BOOST_TEST(opened.error().detail.find("schema 7") != std::string::npos);
    BOOST_TEST((JournalReader::open(path).error().code == Errc::newer_journal));
}

BOOST_AUTO_TEST_CASE(a_row_that_cannot_be_read_is_named) {
    append(submitted(1));
    journal.reset();
    {
        auto database = must(Database::open(path, Database::Mode::create));
        must(database.execute("UPDATE facts SET body = '{\"info\":'"));
    }
    reopen();
    BOOST_CHECK_EXCEPTION(journal->find(step_number(1)), boost::system::system_error,
                          [](auto const& error) {
                              return std::string(error.what()).find("fact 1") != std::string::npos;
                          });
    auto const result = run(journal->append(accepted(1, "task")));
    BOOST_TEST((result.error().code == Errc::damaged_journal));
}

BOOST_AUTO_TEST_CASE(an_answer_with_a_million_links_is_read_with_a_few) {
    auto event = finished(1);
    auto& answer = std::get<engine::Finished>(event.fact).answer;
    answer.sub_urls.assign(1'000'001, "https://cdn.example.org/x.png");
    append(submitted(1));
    append(std::move(event));
    reopen();
    auto const state = state_of(1);
    BOOST_TEST(state.answer.sub_urls.size() == engine::links_max);
    BOOST_TEST(state.answer.actions.size() <= engine::actions_max);
    BOOST_TEST(engine::orders_of(test::step_number(1), state).size() == 5u);
}

BOOST_AUTO_TEST_SUITE_END()
