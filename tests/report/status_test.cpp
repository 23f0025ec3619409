// The state of a run directory: the object of `status --json`, and the text for a person.
#include "runner/report/status.hpp"

#include "runner/base/time_text.hpp"
#include "tests/report/fake_history.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::report;
using engine::Phase;

namespace {

engine::FailedRow failed_row(std::uint64_t item, engine::Verdict verdict, bool is_paid = false) {
    engine::FailedRow row;
    row.job = "cars";
    row.item = item;
    row.path = "upscale1";
    row.problem.verdict = verdict;
    row.problem.code = "some_code";
    row.problem.message = "a message";
    row.problem.trace_id = "trace";
    row.is_paid = is_paid;
    return row;
}

/// A step whose outcome became unknown at 9:12:03.
engine::StepState lost_state() {
    engine::StepState state;
    state.phase = Phase::open;
    state.info.job = "cars";
    state.info.item = 3;
    state.info.path = "upscale1";
    state.info.action = "upscale1";
    state.info.prompt = "a lighthouse";
    state.lost_at = parse_rfc3339("2026-11-28T09:12:03.000Z").value();
    state.problem = failed_row(3, engine::Verdict::unknown).problem;
    return state;
}

engine::StepState finished_state(std::string task_id) {
    engine::StepState state;
    state.phase = Phase::finished;
    state.info.job = "cars";
    state.info.item = 4;
    state.task_id = std::move(task_id);
    return state;
}

std::string lines_of(std::vector<std::string> const& lines) {
    std::string text;
    for (auto const& line : lines) text += line + '\n';
    return text;
}

Status status_of(test::FakeHistory& history) {
    auto const status = read_status(history, "out/cars");
    BOOST_REQUIRE(!status.has_error());
    return *status;
}

/// A history with a step of each kind.
test::FakeHistory busy_history() {
    test::FakeHistory history;
    history.set(Phase::finished, 7, 182'000);
    history.set(Phase::failed, 1);
    history.set(Phase::skipped, 2);
    history.set(Phase::open, 1, 26'000);
    history.set(Phase::wanted, 3);
    history.step_counts.gave_up = 2;
    history.images = 6;
    history.failed = {failed_row(1, engine::Verdict::rejected),
                      failed_row(2, engine::Verdict::download, true)};
    history.failed.front().prompt = "a fox";
    history.open = {failed_row(3, engine::Verdict::unknown)};
    history.open.front().key = sha256("open");
    history.states[sha256("open")] = lost_state();
    history.states[sha256("twice")] = finished_state("task-2");
    history.charged_again = {{sha256("twice"), {"task-1", 26'000}}};
    history.accounts = {{"", {3, 78'000, 0, 0}}, {"b", {4, 104'000, 0, 0}}};
    return history;
}

} // namespace

BOOST_AUTO_TEST_SUITE(status)

BOOST_AUTO_TEST_CASE(an_empty_directory_has_zeros) {
    test::FakeHistory history;
    auto const empty = status_of(history);
    BOOST_TEST(
        json::write(to_json(empty)) ==
        R"({"directory":"out/cars","running":null,"ended":null,"total":0,"steps":{"done":0,)"
        R"("failed":0,"skipped":0,"unknown":0,"pending":0},"in_flight":0,"waiting":0,"images":0,)"
        R"("removed":0,"paid":0,"cost":0,"costs":[],"failures":[],)"
        R"("unknown_steps":[],"charged_again":[],"shared_tasks":[]})");
    BOOST_TEST(status_text(empty) == "out/cars: 0 of 0 steps done\n"
                                     "0 images; 0 generations paid, 0.00\n");
}

BOOST_AUTO_TEST_CASE(a_retry_is_offered_for_the_part_that_it_would_take) {
    auto history = busy_history();
    auto found = status_of(history);
    found.of_part = Failures{1, 0, 1};
    BOOST_TEST(status_text(found).find(
                   "See out/cars/failed.jsonl; 'darkroom retry out/cars' tries it again.\n"
                   "1 failed step is outside of the part that was run last: run the whole file, "
                   "then 'darkroom retry out/cars'.\n") != std::string::npos);
    found.of_part = Failures{0, 0, 2};
    BOOST_TEST(status_text(found).find("\n2 failed steps are outside") != std::string::npos);
    BOOST_TEST(status_text(found).find("tries") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(files_that_are_missing_are_named_unless_a_run_is_at_work) {
    test::FakeHistory history;
    auto found = status_of(history);
    found.plan.emplace().missing = 1;
    auto const words = "1 saved file is missing or damaged; the next run loads it again, at no "
                       "cost.\n";
    BOOST_TEST(status_text(found).ends_with(words));
    found.running.emplace();
    BOOST_TEST(status_text(found).find(words) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_a_clean_up_has_removed_is_named) {
    test::FakeHistory history;
    auto found = status_of(history);
    found.removed = 1;
    BOOST_TEST(status_text(found).ends_with("\n1 image was removed by clean; 'darkroom clean "
                                            "out/cars --undo' lets the next run load it again\n"));
}

BOOST_AUTO_TEST_CASE(every_count_and_every_failure_is_in_it) {
    auto history = busy_history();
    auto found = status_of(history);
    found.waiting = 2;
    found.removed = 2;
    found.shared = {{"task-9", {"cars/5", "cars/6"}}};
    auto const failure = [](std::string const& item, std::string const& state,
                            std::string const& verdict, std::string const& prompt = "null") {
        return R"({"key":")" + to_hex(Digest()) + R"(","step":"cars/)" + item +
               R"(/upscale1","job":"cars","item":)" + item + R"(,"path":"upscale1","state":")" +
               state + R"(","class":")" + verdict +
               R"(","code":"some_code","message":"a message","trace_id":"trace","prompt":)" +
               prompt + R"(,"table":null,"line":null})";
    };
    BOOST_TEST(
        json::write(to_json(found)) ==
        R"({"directory":"out/cars","running":null,"ended":null,"total":14,"steps":{"done":7,)"
        R"("failed":1,"skipped":2,"unknown":1,"pending":3},"in_flight":0,"waiting":2,"images":6,)"
        R"("removed":2,"paid":7,"cost":0.182,)"
        R"("costs":[{"job":null,"action":null,"paid":7,"cost":0.182}],)"
        R"("failures":[)" +
            failure("1", "failed", "rejected", R"("a fox")") + "," +
            failure("2", "image missing", "download") + R"(],"unknown_steps":[{"key":")" +
            to_hex(sha256("open")) +
            R"(","step":"cars/3/upscale1","job":"cars","item":3,"path":"upscale1",)"
            R"("prompt":"a lighthouse","task_id":null,"since":"2026-11-28T09:12:03.000Z",)"
            R"("reason":"unknown, some_code: a message [trace trace]"}],)"
            R"("charged_again":[{"key":")" +
            to_hex(sha256("twice")) +
            R"(","step":"cars/4","task_id":"task-1","kept_task_id":"task-2",)"
            R"("cost":0.026}],"shared_tasks":[{"task_id":"task-9",)"
            R"("steps":["cars/5","cars/6"]}],"accounts":[{"name":null,"paid":3,"cost":0.078},)"
            R"({"name":"b","paid":4,"cost":0.104}]})");
    auto const line = [](std::string const& item, std::string const& state,
                         std::string const& verdict, std::string const& prompt = "") {
        return "  cars/" + item + "/upscale1  " + state + "  " + verdict +
               ", some_code: a message [trace trace]" + prompt + "\n";
    };
    BOOST_TEST(status_text(found) ==
               "out/cars: 7 of 14 steps done, 1 failed, 2 skipped, 1 unknown, 3 left for the "
               "next run\n"
               "6 images; 7 generations paid, 0.182\n"
               "  the account without a name: 3 generations paid, 0.078\n"
               "  account 'b': 4 generations paid, 0.104\n"
               "2 branches waiting for picks: 'darkroom pick out/cars' shows what\n"
               "2 images were removed by clean; 'darkroom clean out/cars --undo' lets the next run "
               "load them again\n" +
                   line("1", "failed", "rejected", "; prompt: a fox") +
                   line("2", "image missing", "download") +
                   "See out/cars/failed.jsonl: the service refuses what 1 step asks for. Edit the "
                   "job file and run it again.\n" +
                   lines_of(unknown_lines(found.unknown_steps, "out/cars")) +
                   "Charged more than once (0.026): the service said that a task had failed, and "
                   "it succeeded after all:\n"
                   "  cars/4  " +
                   short_key(sha256("twice")) +
                   "  task task-1, 0.026; its image is of task task-2\n"
                   "Task task-9 belongs to 2 steps, but was paid once: cars/5, cars/6\n");
    BOOST_TEST(status_text(found).find("since 2026-11-28T09:12:03Z: unknown, some_code") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(with_the_plan_only_its_steps_are_counted_and_listed) {
    test::FakeHistory history;
    history.set(Phase::finished, 7);
    history.set(Phase::failed, 2);
    history.failed = {failed_row(1, engine::Verdict::rejected),
                      failed_row(2, engine::Verdict::generation)};
    history.failed[1].key = sha256("wanted");
    history.failed[1].prompt = "a fox";
    std::set<Digest> const steps{sha256("wanted")};
    std::map<Digest, TableLine> const lines{{sha256("wanted"), {"cars.csv", 4}}};
    WantedFailures const wanted{steps, lines};
    auto read = read_status(history, "out/cars", &wanted);
    BOOST_REQUIRE(!read.has_error());
    read->plan.emplace();
    read->plan->done = 5;
    read->plan->failed = 1;
    read->plan->fresh.steps = {3, 3, 3};
    auto const text = status_text(*read);
    BOOST_TEST(text.starts_with("out/cars: 5 of 9 steps done, 1 failed, 3 left for the next run\n"),
               text);
    BOOST_TEST(text.find("cars/1/") == std::string::npos, text);
    BOOST_TEST(text.find("'darkroom retry out/cars' tries it again.") != std::string::npos, text);
    BOOST_TEST(text.find("  cars/2/upscale1  failed  generation, some_code: a message [trace "
                         "trace]; prompt: a fox; cars.csv:4\n") != std::string::npos,
               text);
}

BOOST_AUTO_TEST_CASE(the_account_without_a_name_alone_is_not_listed) {
    test::FakeHistory history;
    history.accounts = {{"", {3, 78'000, 0, 0}}};
    BOOST_TEST(!status_of(history).has_named_accounts());
    history.accounts = {{"a", {3, 78'000, 0, 0}}};
    BOOST_TEST(status_of(history).has_named_accounts());
}

BOOST_AUTO_TEST_CASE(more_than_fifty_failures_are_counted) {
    test::FakeHistory history;
    for (std::uint64_t item = 0; item < 1060; ++item)
        history.failed.push_back(failed_row(item, engine::Verdict::rejected));
    history.step_counts.gave_up = 1060;
    auto const found = status_of(history);
    BOOST_TEST(found.failures.size() == 1000u);
    BOOST_TEST(status_text(found).find("  and 1010 more\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_a_run_at_work_has_sent_is_in_flight_and_not_unknown) {
    test::FakeHistory history;
    history.set(Phase::finished, 2, 52'000);
    history.set(Phase::open, 1, 26'000);
    history.open = {failed_row(3, engine::Verdict::unknown)};
    auto found = status_of(history);
    found.now = parse_rfc3339("2026-11-28T09:00:00.000Z").value();
    found.plan.emplace();
    found.plan->done = 2;
    found.plan->unknown = 1;
    found.plan->fresh.steps = {4, 4, 4};
    found.last_run = RunNote{17, "host7", found.now - std::chrono::minutes(1), std::nullopt};
    found.running =
        RunAtWork{17, "host7", found.last_run->since, 0.2, found.now + std::chrono::seconds(25)};
    BOOST_TEST(status_text(found) ==
               "out/cars: 2 of 7 steps done, 1 in flight, 4 to come\n"
               "Running since 2026-11-28 08:59:00Z (process 17 on host7), 12 steps a minute, about "
               "25s left\n"
               "0 images; 2 generations paid, 0.052\n"
               "  no longer wanted, or paid again: 0.052 (2 generations)\n");
    auto const object = to_json(found);
    BOOST_TEST(json::write(*object.find("running")) ==
               R"({"pid":17,"host":"host7","since":"2026-11-28T08:59:00.000Z","rate":0.2,)"
               R"("eta":"2026-11-28T09:00:25.000Z","changes":[]})");
    BOOST_TEST(json::write(*object.find("steps")) ==
               R"({"done":2,"failed":0,"skipped":0,"unknown":0,"pending":5})");
    BOOST_TEST(object.find("ended")->is_null());
    BOOST_TEST(object.integer("in_flight").value() == 1);
    BOOST_TEST(object.find("unknown_steps")->array()->empty());
}

BOOST_AUTO_TEST_CASE(the_cost_is_told_by_job_and_action) {
    test::FakeHistory history;
    history.set(Phase::finished, 6, 156'000);
    auto found = status_of(history);
    found.plan.emplace();
    found.plan->payments["cars"] = {{"generate", {3, 78'000}}, {"upscale1", {1, 26'000}}};
    found.plan->payments["boats"] = {{"generate", {1, 26'000}}};
    found.currency = "USD";
    auto const text = status_text(found);
    BOOST_TEST(text.find("0 images; 6 generations paid, 0.156 USD\n"
                         "  boats: 0.026 USD (1 generate)\n"
                         "  cars: 0.104 USD (3 generate, 1 upscale1)\n"
                         "  no longer wanted, or paid again: 0.026 USD (1 generation)\n") !=
                   std::string::npos,
               text);
    BOOST_TEST(json::write(*to_json(found).find("costs")) ==
               R"([{"job":"boats","action":"generate","paid":1,"cost":0.026},)"
               R"({"job":"cars","action":"generate","paid":3,"cost":0.078},)"
               R"({"job":"cars","action":"upscale1","paid":1,"cost":0.026},)"
               R"({"job":null,"action":null,"paid":1,"cost":0.026}])");
}

BOOST_AUTO_TEST_SUITE_END()
