// The state of a run as its page shows it.
#include "runner/report/dashboard/live_run.hpp"

#include "runner/base/task_group.hpp"
#include "tests/support/io_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::report;
using namespace std::chrono_literals;

namespace {

struct Live : darkroom::test::IoFixture {
    Live() {
        start.name = "harbour";
        start.steps = 10;
        start.begun = clock.now();
        start.budget.cost = 2'000'000;
    }

    engine::StepInfo info(std::uint64_t item) const {
        engine::StepInfo info;
        info.job = "boats";
        info.item = item;
        info.prompt = "a boat";
        info.root_prompt = "a boat";
        info.action = "generate";
        return info;
    }
    void happens(std::uint64_t item, engine::Fact fact) {
        Digest key{};
        key[0] = static_cast<unsigned char>(item + 1);
        engine::Event const event{key, clock.wall(), std::move(fact)};
        states[item].apply(event);
        live_run().on_event(event, states[item]);
    }
    void submit(std::uint64_t item) {
        engine::Submitted submitted;
        submitted.info = info(item);
        happens(item, submitted);
    }
    void finish(std::uint64_t item) {
        engine::Finished finished;
        finished.cost = 26'000;
        happens(item, finished);
    }
    void save(std::uint64_t item) {
        engine::ImageSaved saved;
        saved.image.file = "images/" + std::to_string(item) + ".png";
        saved.image.format = "png";
        saved.image.bytes = 1000;
        happens(item, saved);
    }
    LiveRun& live_run() {
        if (!live)
            live = std::make_unique<LiveRun>(start,
                                             LiveSources{[this] { return load; },
                                                         [this] { return limits; },
                                                         [this] { return changes; }},
                                             clock, executor());
        return *live;
    }
    std::string said(std::string const& key) {
        return live_run().state().text(key).value_or("null");
    }
    static Digest key_of(std::uint64_t item) {
        Digest key{};
        key[0] = static_cast<unsigned char>(item + 1);
        return key;
    }

    Start start;
    engine::Load load{1, 4, 0, false, false};
    jobs::Limits limits;
    RunChanges changes;
    std::map<std::uint64_t, engine::StepState> states;
    std::unique_ptr<LiveRun> live;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(live_run, Live)

BOOST_AUTO_TEST_CASE(a_step_is_open_then_landed_and_counted) {
    submit(0);
    live_run().on_progress(key_of(0), 40);
    auto open = *live_run().state().find("open_steps");
    BOOST_REQUIRE(open.array()->size() == 1u);
    BOOST_TEST(open.array()->front().text("name").value() == "boats/0");
    BOOST_TEST(open.array()->front().integer("percent").value() == 40);
    finish(0);
    save(0);
    auto const state = live_run().state();
    BOOST_TEST(state.find("open_steps")->array()->empty());
    BOOST_TEST(state.find("counts")->integer("done").value() == 1);
    BOOST_TEST(state.find("counts")->number("cost").value() == 0.026);
    auto const pictures = live_run().pictures_from(0);
    BOOST_REQUIRE(pictures.array()->size() == 1u);
    BOOST_TEST(pictures.array()->front().text("file").value() == "images/0.png");
    BOOST_TEST(live_run().pictures_from(1).array()->empty());
}

BOOST_AUTO_TEST_CASE(a_preview_lives_as_long_as_its_generation) {
    live_run().on_preview(key_of(0), "http://images.test/early.webp"); // of no open step
    BOOST_TEST(live_run().preview_of(key_of(0)) == "");
    submit(0);
    live_run().on_preview(key_of(0), "http://images.test/1.webp");
    BOOST_TEST(live_run().preview_of(key_of(0)) == "http://images.test/1.webp");
    BOOST_TEST(json::write(live_run().state()).find("images.test") == std::string::npos);
    finish(0);
    BOOST_TEST(live_run().preview_of(key_of(0)) == "");
}

BOOST_AUTO_TEST_CASE(it_says_why_it_waits) {
    struct Row {
        engine::Load load;
        char const* words;
    };
    limits.concurrency = 4;
    limits.rate = 0.5;
    Row const rows[] = {
        {{4, 4, 0, false, false}, "All 4 places are taken."},
        {{1, 1, 0, false, false}, "The service takes 1 at once at present."},
        {{1, 4, 0, false, false},
         "The rate of 0.5 a second holds it back, or a wait before an attempt."},
        {{1, 4, 2, false, false}, "The rest of the budget is held by open generations."},
        {{1, 4, 2, true, false}, "It is paused."},
        {{1, 4, 2, true, true}, "It is stopping: nothing more is submitted."},
        {{10, 4, 0, false, false}, ""}, // all that is left is open
    };
    for (auto const& row : rows) {
        load = row.load;
        BOOST_TEST(said("waits") == row.words);
    }
    live_run().end(engine::RunEnd::all_done, true);
    BOOST_TEST(said("waits") == "");
    BOOST_TEST(said("ended") == "all_done");
}

BOOST_AUTO_TEST_CASE(failures_are_counted_by_class_and_the_last_are_listed) {
    for (std::uint64_t i = 0; i < LiveRun::failed_max + 10; ++i) {
        submit(i);
        engine::Problem problem;
        problem.verdict = engine::Verdict::rejected;
        problem.code = "bad_request";
        happens(i, engine::Failed{problem, true, std::nullopt});
    }
    auto const state = live_run().state();
    BOOST_TEST(state.find("failures")->integer("rejected").value() ==
               static_cast<std::int64_t>(LiveRun::failed_max + 10));
    auto const* failed = state.find("failed")->array();
    BOOST_TEST(failed->size() == LiveRun::failed_max);
    BOOST_TEST(failed->front().text("name").value() == "boats/59");
}

BOOST_AUTO_TEST_CASE(lines_and_pictures_are_kept_up_to_a_limit_and_keep_their_numbers) {
    for (std::size_t i = 0; i < LiveRun::lines_max + 50; ++i)
        live_run().say({std::to_string(i), Ink::plain, false});
    BOOST_TEST(live_run().lines_end() == LiveRun::lines_max + 50);
    BOOST_TEST(live_run().lines_from(0).array()->size() == LiveRun::lines_max);
    BOOST_TEST(live_run().lines_from(0).array()->front().text("text").value() == "50");
    auto const last = live_run().lines_from(LiveRun::lines_max + 49);
    BOOST_REQUIRE(last.array()->size() == 1u);
    BOOST_TEST(last.array()->front().text("text").value() ==
               std::to_string(LiveRun::lines_max + 49));
    BOOST_TEST(live_run().lines_from(LiveRun::lines_max + 50).array()->empty());
}

BOOST_AUTO_TEST_CASE(samples_of_a_long_run_are_farther_apart) {
    submit(0);
    auto story = [this]() -> boost::asio::awaitable<bool> {
        TaskGroup group(executor());
        group.spawn(live_run().take_samples());
        co_await clock.sleep_for(10h);
        group.cancel();
        co_await group.join();
        co_return true;
    };
    IoFixture::run(story());
    auto const samples = live_run().samples();
    BOOST_TEST(samples.array()->size() <= LiveRun::samples_max);
    BOOST_TEST(samples.array()->size() > LiveRun::samples_max / 4);
    auto const& last = *samples.array()->back().array();
    BOOST_REQUIRE(last.size() == 8u);
    BOOST_TEST(*last[3].integer() == 1); // sent
}

BOOST_AUTO_TEST_CASE(each_change_wakes_and_has_a_number) {
    auto const before = live_run().version();
    submit(0);
    auto const after = live_run().version();
    BOOST_TEST(after > before);
    live_run().on_progress(key_of(0), 10);
    BOOST_TEST(live_run().version() > after);
}

BOOST_AUTO_TEST_SUITE_END()
