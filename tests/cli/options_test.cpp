// The options of a run and of a job file, after they are parsed.
#include "runner/cli/job_options.hpp"
#include "runner/cli/pick_change.hpp"
#include "runner/cli/run_options.hpp"

#include "tests/cli/cli_fixture.hpp"

#include <string>
#include <vector>

using namespace darkroom;
using namespace darkroom::cli;
using namespace darkroom::test;

BOOST_FIXTURE_TEST_SUITE(options, CliFixture)

BOOST_AUTO_TEST_CASE(a_flag_comes_after_the_sets_so_that_it_wins) {
    JobOptions options;
    options.sets = {"limits.rate=1/s", "name=a=b", "budget.cost="};
    options.service = "local";
    options.rate = "2/s";
    options.concurrency = 3;
    std::vector<std::string> found;
    for (auto const& each : overrides_of(options))
        found.push_back(each.path + "|" + each.value + "|" + each.flag);
    std::vector<std::string> const expected{
        "limits.rate|1/s|",       "name|a=b|",
        "budget.cost||",          "service.url|local|--service",
        "limits.rate|2/s|--rate", "limits.concurrency|3|--concurrency"};
    BOOST_TEST(found == expected, boost::test_tools::per_element());
    BOOST_TEST(overrides_of({}).empty());
}

BOOST_AUTO_TEST_CASE(a_set_without_a_path_or_an_equals_sign_is_refused) {
    for (auto const* set : {"", "=", "=1", "limits.rate"}) {
        JobOptions options;
        options.sets = {set};
        BOOST_TEST(end_of([&] { (void)overrides_of(options); }).code == ExitCode::usage, set);
    }
}

BOOST_AUTO_TEST_CASE(findings_are_printed_where_a_person_reads_them) {
    struct Row {
        std::string progress;
        bool terminal;
        bool quiet;
        Verbosity expected;
    };
    Row const rows[] = {
        {"auto", true, false, Verbosity::all},   {"auto", false, false, Verbosity::all},
        {"bars", true, false, Verbosity::all},   {"plain", false, false, Verbosity::all},
        {"json", false, false, Verbosity::all},  {"none", true, false, Verbosity::errors},
        {"auto", true, true, Verbosity::errors}, {"plain", false, true, Verbosity::errors},
    };
    for (auto const& row : rows) {
        RunOptions options;
        options.display.progress = row.progress;
        options.display.terminal = row.terminal;
        options.display.quiet = row.quiet;
        BOOST_TEST((verbosity_of(options) == row.expected), row.progress << row.quiet);
    }
}

BOOST_AUTO_TEST_CASE(the_environment_adds_its_wishes_and_keeps_the_typed_ones) {
    struct Row {
        std::string no_color;
        std::string force_color;
        bool is_off;
        bool is_forced;
    };
    Row const rows[] = {
        {"", "", false, false},  {"1", "", true, false}, {"", "1", false, true},
        {"", "0", false, false}, {"1", "3", true, true},
    };
    for (auto const& row : rows) {
        environment.set("NO_COLOR", row.no_color);
        environment.set("FORCE_COLOR", row.force_color);
        RunOptions options;
        options.display.progress = "json";
        options.display.quiet = true;
        GlobalOptions globals;
        globals.no_colour = true;
        apply_environment(options, globals);
        BOOST_TEST(options.display.progress == "json");
        BOOST_TEST(options.display.quiet);
        BOOST_TEST(options.display.no_colour);
        BOOST_TEST(options.display.env_no_color == row.is_off);
        BOOST_TEST(options.display.env_force == row.is_forced);
    }
}

BOOST_AUTO_TEST_CASE(a_request_takes_over_every_option) {
    RunOptions options;
    options.display.progress = "json";
    options.token_file = "token";
    options.log_file = "log";
    options.record = "record";
    options.grace = "90s";
    options.verbose = true;
    options.json = true;
    auto const request = request_of(options, Job(), "out/cars");
    BOOST_TEST(request.directory == "out/cars");
    BOOST_TEST(request.token_file == "token");
    BOOST_TEST(request.log_file == "log");
    BOOST_TEST(request.record == "record");
    BOOST_TEST((request.grace == std::chrono::seconds(90)));
    BOOST_TEST((request.display.form == report::Form::json));
    BOOST_TEST(request.verbose);
    BOOST_TEST(request.json);
    BOOST_TEST(!request.retry.has_value());
    options.grace = "soon";
    BOOST_TEST(end_of([&] { (void)request_of(options, Job(), ""); }).code == ExitCode::usage);
}

BOOST_AUTO_TEST_CASE(a_typed_pick_names_an_image_and_its_actions) {
    struct Row {
        std::string set;
        std::string image;
        std::vector<std::string> actions;
    };
    Row const rows[] = {
        {"cars/0=upscale2", "cars/0", {"upscale2"}},
        {"cars/0=upscale1, upscale3", "cars/0", {"upscale1", "upscale3"}},
        {"cars/0=", "cars/0", {}},
        {"cars/0= ", "cars/0", {}},
        {"1a2b=a=b", "1a2b", {"a=b"}},
    };
    for (auto const& row : rows) {
        auto const wish = wish_of(row.set);
        BOOST_TEST(wish.image == row.image, row.set);
        BOOST_TEST(wish.actions == row.actions, boost::test_tools::per_element());
    }
    for (auto const* set : {"", "cars/0", "=upscale1"})
        BOOST_TEST(end_of([&] { (void)wish_of(set); }).code == ExitCode::usage, set);
}

BOOST_AUTO_TEST_SUITE_END()
