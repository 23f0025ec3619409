// Walks over a plan and its history: the choices that wait, and what is paid.
#include "jobs/read/load.hpp"
#include "runner/report/pick_list.hpp"
#include "tests/report/fake_history.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace darkroom;
using namespace darkroom::report;

namespace {

constexpr auto job_text = R"(version: 1
name: cars
jobs:
  - id: day
    prompt: a {red, blue} car
    then:
      - pick: {from: [upscale1, upscale2], count: 1}
)";

struct RunFixture {
    RunFixture() {
        auto loaded = jobs::load_job_text(job_text, "/home/somebody/cars.yaml", {});
        BOOST_REQUIRE(loaded.file.has_value());
        file = std::move(*loaded.file);
        jobs::Plan plan(file);
        for (auto item = plan.next(); item.has_value() && *item; item = plan.next())
            firsts.push_back(jobs::first_step(*item));
    }

    /// The step is paid; its image offers two upscales.
    void pay(jobs::Step const& step) {
        engine::StepState state;
        state.phase = engine::Phase::finished;
        state.answer.actions = {"upscale1", "upscale2"};
        engine::SavedImage tile;
        tile.tile = 1;
        tile.file = "tile.png";
        engine::SavedImage whole;
        whole.file = "images/whole.png";
        whole.width = 1024;
        state.saved = {tile, whole};
        history.states[step.key] = state;
    }

    RunView view() {
        plan_ = std::make_unique<jobs::Plan>(file);
        return {[this] { return plan_->next(); }, history, picks};
    }
    /// A line for each choice: its name, and "made" or "waits".
    std::vector<std::string> choices() {
        std::vector<std::string> found;
        auto const walked = for_each_pick(view(), [&found](PickChoice const& choice) {
            found.push_back(choice.name() + (choice.spot.is_made() ? " made" : " waits"));
        });
        BOOST_TEST(!walked.has_error());
        return found;
    }

    jobs::JobFile file;
    std::vector<jobs::Step> firsts;
    jobs::Picks picks;
    test::FakeHistory history;

private:
    std::unique_ptr<jobs::Plan> plan_;
};

using Lines = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(run_view, RunFixture)

BOOST_AUTO_TEST_CASE(only_a_paid_image_offers_a_choice) {
    BOOST_TEST(choices().empty());
    history.states[firsts[0].key].phase = engine::Phase::open;
    BOOST_TEST(choices().empty());
    pay(firsts[1]);
    BOOST_TEST(choices() == Lines{"day/1 waits"}, boost::test_tools::per_element());
    pay(firsts[0]);
    BOOST_TEST(choices() == (Lines{"day/0 waits", "day/1 waits"}),
               boost::test_tools::per_element());
    BOOST_TEST(count_waiting(view()).value() == 2u);
}

BOOST_AUTO_TEST_CASE(a_choice_that_is_made_waits_no_longer) {
    pay(firsts[0]);
    pay(firsts[1]);
    picks.by_image[firsts[0].key] = {"upscale2"};
    BOOST_TEST(choices() == (Lines{"day/0 made", "day/1 waits"}), boost::test_tools::per_element());
    BOOST_TEST(count_waiting(view()).value() == 1u);
}

BOOST_AUTO_TEST_CASE(an_error_of_the_items_ends_a_walk) {
    Error const error(make_error_code(boost::system::errc::io_error), "table");
    RunView const broken{[&] { return Result<std::shared_ptr<jobs::Item const>>(error); }, history,
                         picks};
    BOOST_TEST(for_each_pick(broken, [](PickChoice const&) {}).error().detail == "table");
    BOOST_TEST(count_waiting(broken).error().detail == "table");
}

BOOST_AUTO_TEST_CASE(a_choice_is_a_line_or_an_object) {
    pay(firsts[0]);
    std::string line;
    std::string object;
    auto const walked = for_each_pick(view(), [&](PickChoice const& choice) {
        line = pick_line(card_of(choice));
        object = json::write(to_json(card_of(choice)));
    });
    BOOST_TEST(!walked.has_error());
    auto const key = to_hex(firsts[0].key);
    BOOST_TEST(line == key.substr(0, 8) + "  day/0  pick 1 of upscale1,upscale2  a red car");
    BOOST_TEST(object == R"({"key":")" + key +
                             R"(","step":"day/0","prompt":"a red car","file":"images/whole.png",)"
                             R"("least":1,"most":1,"actions":["upscale1","upscale2"]})");
}

BOOST_AUTO_TEST_SUITE_END()
