// The numbers of a run as Prometheus reads them.
#include "runner/report/metrics.hpp"

#include "tests/support/io_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::report;

namespace {

struct Counted : darkroom::test::IoFixture {
    Counted() {
        start.name = "a \"night\" in\nC:\\";
        start.steps = 3;
        start.cost = 26'000;
        start.paid = 1;
        start.budget.cost = 2'000'000;
        now.load.open = 2;
        now.load.places = 4;
        now.limits.concurrency = 8;
        now.limits.rate = 0.5;
    }
    Metrics& metrics() {
        if (!made) made = std::make_unique<Metrics>(start, "out/night", clock);
        return *made;
    }
    void happens(std::uint64_t item, engine::Fact fact) {
        Digest key{};
        key[0] = static_cast<unsigned char>(item + 1);
        engine::Event const event{key, clock.wall(), std::move(fact)};
        states[item].apply(event);
        metrics().on_event(event, states[item]);
    }
    /// Returns the value of the sample that begins so.
    std::string value_of(std::string const& name, std::string const& label = "") {
        auto const text = metrics().text(now);
        auto const begin = "darkroom_" + name + "{" + labels + label + "} ";
        auto const at = text.find(begin);
        if (at == std::string::npos) return "none";
        return text.substr(at + begin.size(), text.find('\n', at) - at - begin.size());
    }

    Start start;
    MetricsNow now;
    std::map<std::uint64_t, engine::StepState> states;
    std::unique_ptr<Metrics> made;
    std::string labels = R"(run="a \"night\" in\nC:\\",directory="out/night")";
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(metrics, Counted)

BOOST_AUTO_TEST_CASE(the_numbers_of_earlier_runs_go_on) {
    BOOST_TEST(value_of("generations_paid_total") == "1");
    BOOST_TEST(value_of("cost_total", ",currency=\"USD\"") == "0.026000");
    BOOST_TEST(value_of("cost_budget", ",currency=\"USD\"") == "2.000000");
    BOOST_TEST(value_of("generations_budget") == "none");
    BOOST_TEST(value_of("steps", ",state=\"left\"") == "3");
    BOOST_TEST(value_of("generations_open") == "2");
    BOOST_TEST(value_of("rate_limit_per_second") == "0.5");
    BOOST_TEST(value_of("paused") == "0");
}

BOOST_AUTO_TEST_CASE(events_are_counted) {
    happens(0, engine::Submitted());
    engine::Failed failed;
    failed.problem.verdict = engine::Verdict::rate;
    happens(0, failed);
    happens(0, engine::Submitted());
    engine::Finished finished;
    finished.cost = 10'000;
    happens(0, finished);
    engine::ImageSaved saved;
    saved.image.file = "images/1.png";
    saved.image.format = "png";
    saved.image.bytes = 1000;
    happens(0, saved);
    happens(1, engine::Submitted());
    failed.problem.verdict = engine::Verdict::rejected;
    failed.final = true;
    happens(1, failed);
    BOOST_TEST(value_of("requests_total") == "3");
    BOOST_TEST(value_of("problems_total", ",class=\"rate\"") == "1");
    BOOST_TEST(value_of("problems_total", ",class=\"rejected\"") == "1");
    BOOST_TEST(value_of("failed_steps_total", ",class=\"rejected\"") == "1");
    BOOST_TEST(value_of("failed_steps_total", ",class=\"rate\"") == "none");
    BOOST_TEST(value_of("generations_paid_total") == "2");
    BOOST_TEST(value_of("cost_total", ",currency=\"USD\"") == "0.036000");
    BOOST_TEST(value_of("images_saved_total") == "1");
    BOOST_TEST(value_of("image_bytes_total") == "1000");
    BOOST_TEST(value_of("steps", ",state=\"failed\"") == "1");
}

BOOST_AUTO_TEST_CASE(the_end_is_there_only_when_it_has_come) {
    BOOST_TEST(value_of("exit_code") == "none");
    now.exit = 2;
    now.now = WallTime(std::chrono::milliseconds(1'500'250));
    BOOST_TEST(value_of("exit_code") == "2");
    BOOST_TEST(value_of("end_time_seconds") == "1500.250");
}

BOOST_AUTO_TEST_SUITE_END()
