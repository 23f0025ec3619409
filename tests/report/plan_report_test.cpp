// The plan of a job file: the table for a person, and the objects for a script.
#include "runner/report/plan_report.hpp"

#include "jobs/read/load.hpp"
#include "tests/jobs/folder.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

using namespace darkroom;
using namespace darkroom::report;

namespace {

jobs::JobFile file_of(std::string const& text) {
    auto loaded = jobs::load_job_text(text, "/home/somebody/cars.yaml", {});
    BOOST_REQUIRE(loaded.file.has_value());
    return std::move(*loaded.file);
}

auto const two_jobs = std::string(R"(version: 1
name: cars
limits: {concurrency: 2, rate: 1/s}
prices: {generate: 0.026, upscale: 0.005, default: 0.026}
jobs:
  - id: day
    prompt: a {red, blue} car
    then: [upscale1, variation*]
  - id: night
    prompt: a car at night
)");

/// The estimate with figures of its own, so that no assumption about sizes or times is in a text.
PlanReport report_of(jobs::JobFile const& file, std::optional<std::uint64_t> free) {
    auto estimate = jobs::estimate(file, {});
    estimate.bytes = {1'000, 2'000'000, 3'000'000};
    estimate.time = std::chrono::seconds(90);
    NextRun next;
    next.items = estimate.items;
    next.fresh = estimate;
    return {file, std::move(estimate), std::move(next), free};
}

std::string last_lines_of(std::string const& text) { return text.substr(text.find("cars: ")); }

} // namespace

BOOST_AUTO_TEST_SUITE(plan_report)

BOOST_AUTO_TEST_CASE(the_table_has_a_row_for_each_action_and_a_total) {
    auto const file = file_of(two_jobs);
    auto const text = plan_text(report_of(file, 5'000'000'000));
    for (auto const* row : {"job    action", "day    generate", "day    upscale1",
                            "day    variation1", "night  generate", "total          "})
        BOOST_TEST(text.find(row) != std::string::npos, row << " in\n" << text);
    BOOST_TEST(text.find("cost USD\n") != std::string::npos, text);
    BOOST_TEST(last_lines_of(text).starts_with("cars: 3 items, "), text);
    BOOST_TEST(text.find("about 2.0 MB of 5.0 GB free; about 1m 30s at 2 at once and 1/s\n") !=
                   std::string::npos,
               text);
    BOOST_TEST(plan_text(report_of(file, std::nullopt)).find(" free") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_disk_that_is_too_small_is_a_warning) {
    auto const file = file_of(two_jobs);
    auto const warning = "Warning: the disk has no room for all of that.\n";
    BOOST_TEST(plan_text(report_of(file, 1'999'999)).find(warning) != std::string::npos);
    BOOST_TEST(plan_text(report_of(file, 2'000'000)).find(warning) == std::string::npos);
    BOOST_TEST(plan_text(report_of(file, std::nullopt)).find(warning) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(money_of_the_programs_own_service_is_called_pretend) {
    auto file = file_of(two_jobs);
    file.service.url = "local";
    BOOST_TEST(plan_text(report_of(file, std::nullopt)).find("cost pretend USD\n") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_budget_of_the_day_or_the_month_is_a_sentence) {
    auto const sentence = [](std::string const& budget) {
        auto const file = file_of(two_jobs + budget);
        auto const text = plan_text(report_of(file, std::nullopt));
        auto const at = text.find("All runs");
        return at == std::string::npos ? "" : text.substr(at);
    };
    BOOST_TEST(sentence("budget: {cost: 100}\n") == "");
    BOOST_TEST(
        sentence("budget: {per_day: 5.00, per_month: 100}\n") ==
        "All runs of the account together may spend 5.00 USD a day and 100.00 USD a month.\n");
    BOOST_TEST(sentence("budget: {per_day: 0.05}\n") ==
               "All runs of the account together may spend 0.05 USD a day: that ends the run "
               "before that.\n");
}

BOOST_AUTO_TEST_CASE(a_budget_that_is_too_small_is_a_sentence) {
    auto const sentence = [](std::string const& budget) {
        auto const file = file_of(two_jobs + budget);
        auto const text = plan_text(report_of(file, std::nullopt));
        auto const at = text.find("The budget");
        return at == std::string::npos ? "" : text.substr(at);
    };
    BOOST_TEST(sentence("") == "");
    BOOST_TEST(sentence("budget: {generations: 1000}\n") == "");
    BOOST_TEST(sentence("budget: {generations: 2}\n") ==
               "The budget of 2 generations ends the run before that.\n");
    BOOST_TEST(sentence("budget: {generations: 2, cost: 0.05}\n") ==
               "The budget of 2 generations and 0.05 USD ends the run before that.\n");
}

BOOST_AUTO_TEST_CASE(accounts_are_listed_with_their_limits_within_those_of_the_run) {
    auto const file = file_of(two_jobs + "service:\n"
                                         "  accounts:\n"
                                         "    - {name: a, token: {env: A}, concurrency: 3, "
                                         "rate: 2/s, cost_cap: 5}\n"
                                         "    - {name: b, token: {env: B}, concurrency: 1, "
                                         "rate: 1/s}\n");
    auto const text = plan_text(report_of(file, std::nullopt));
    BOOST_TEST(text.find("2 accounts: a 2 at once, 1/s, up to 5.00 USD; b 1 at once, 1/s\n") !=
                   std::string::npos,
               text);
    auto const object = to_json(report_of(file, std::nullopt));
    auto const* accounts = object.find("accounts");
    BOOST_REQUIRE(accounts != nullptr);
    BOOST_TEST(json::write(*accounts) ==
               R"([{"name":"a","concurrency":2,"rate":1,"cost_cap":5},)"
               R"({"name":"b","concurrency":1,"rate":1,"cost_cap":null}])");
}

BOOST_AUTO_TEST_CASE(an_unusual_form_of_a_table_is_in_the_text_and_in_the_object) {
    jobs::test::Folder const folder;
    folder.write("a.csv", "prompt;n\ra fox;1\r");
    folder.write("b.csv", "prompt,n\na fox,1\n");
    folder.write("c.txt", std::string("\xFF\xFE", 2) + std::string("a\0\n\0", 4));
    folder.write("job.yaml", "version: 1\njobs:\n  - prompts: {files: [a.csv, b.csv, c.txt]}\n"
                             "  - {id: again, prompts: a.csv}\n"
                             "  - {id: few, prompts: {file: d.csv, skip_empty: true}}\n");
    folder.write("d.csv", "prompt,n\na fox,1\n,2\n");
    auto const loaded = jobs::load_job_file(folder.path("job.yaml"), {}).value();
    BOOST_REQUIRE(loaded.file);
    auto const report = report_of(*loaded.file, std::nullopt);
    auto const text = plan_text(report);
    for (auto const* line :
         {"a.csv: ';' between the columns, lines that end with CR\n", "c.txt: UTF-16LE\n"}) {
        auto const at = text.find(line);
        BOOST_TEST(at != std::string::npos, text);
        BOOST_TEST(text.find(line, at + 1) == std::string::npos, text);
    }
    BOOST_TEST(text.find("b.csv") == std::string::npos, text);
    BOOST_TEST(text.find("Job few: 1 row without a prompt left out\n") != std::string::npos, text);
    auto const object = to_json(report);
    BOOST_TEST(json::write(*object.find("rows_left_out")) == "1");
    auto const* tables = object.find("tables");
    BOOST_REQUIRE(tables != nullptr);
    BOOST_TEST(json::write(*tables) == R"([{"file":")" + folder.path("a.csv") +
                                           R"(","delimiter":";","line_end":"CR"},{"file":")" +
                                           folder.path("c.txt") + R"(","encoding":"UTF-16LE"}])");
}

BOOST_AUTO_TEST_CASE(the_object_has_every_key_in_its_place) {
    auto const file = file_of(two_jobs);
    auto const object = to_json(report_of(file, 7));
    std::string keys;
    for (auto const& [key, value] : *object.object()) keys += key + " ";
    BOOST_TEST(keys ==
               "name items steps images bytes free cost currency budget next seconds actions ");
    BOOST_TEST(json::write(*object.find("bytes")) ==
               R"({"min":1000,"expected":2000000,"max":3000000})");
    BOOST_TEST(json::write(*object.find("free")) == "7");
    BOOST_TEST(json::write(*object.find("seconds")) == "90");
    BOOST_TEST(json::write(*object.find("budget")) ==
               R"({"generations":null,"cost":null,"per_day":null,"per_month":null})");
    BOOST_TEST(json::write(object.find("actions")->array()->front()) ==
               R"({"job":"day","action":"generate","steps":{"min":2,"expected":2,"max":2},)"
               R"("cost":{"min":0.052,"expected":0.052,"max":0.052}})");
}

BOOST_AUTO_TEST_CASE(a_step_is_a_line_or_an_object) {
    auto const file = file_of(two_jobs);
    jobs::Plan plan(file);
    auto const first = jobs::first_step(plan.next().value());
    auto const below = jobs::steps_below(first);
    BOOST_TEST(step_line(first) == "day/0  generate  a red car");
    BOOST_TEST(step_line(below.front()) == "day/0/upscale1  upscale1");
    auto const text = json::write(to_json(below.front(), file.prices));
    auto const expected =
        R"({"key":")" + to_hex(below.front().key) +
        R"(","job":"day","item":0,"repeat":0,"path":"upscale1","row":null,"variables":{},)"
        R"("drawn":{"prompt.1":{"text":"red","option":1}},"action":"upscale1","prompt":"",)"
        R"("price":0.005,"request":{)";
    BOOST_TEST(text.starts_with(expected), text);
}

BOOST_AUTO_TEST_SUITE_END()
