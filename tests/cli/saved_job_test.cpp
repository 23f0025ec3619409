// The job that a run directory keeps: its stored form, and how it is read back.
#include "runner/cli/saved_job.hpp"

#include "runner/cli/shard.hpp"
#include "runner/cli/trusted_job.hpp"
#include "runner/store/journal_meta.hpp"
#include "tests/cli/cli_fixture.hpp"

#include <string>

using namespace darkroom;
using namespace darkroom::cli;
using namespace darkroom::test;

namespace {

constexpr auto job_text = "version: 1\nname: cars\njobs:\n  - id: day\n    prompt: a car\n"
                          "  - id: night\n    prompt: a car at night\n";

/// A journal of each directory, with or without a saved job.
struct SavedJobFixture : CliFixture {
    std::string directory_with(std::string const& name, std::string const& snapshot) const {
        std::filesystem::create_directory(path(name));
        auto const written = store::write_meta(path(name) + "/journal.db", saved_job_key, snapshot);
        BOOST_REQUIRE(!written.has_error());
        return path(name);
    }
    Job job() const {
        Job job;
        job.path = "/home/somebody/cars.yaml";
        job.text = job_text;
        read_job(job, Verbosity::nothing);
        return job;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(saved_job_of_a_run, SavedJobFixture)

// Stored: this text is in run directories.
BOOST_AUTO_TEST_CASE(a_snapshot_has_this_form) {
    Job job;
    job.path = "/home/somebody/cars.yaml";
    job.text = "version: 1\n";
    job.load.overrides = {{"limits.rate", "2/s", "--rate"}};
    job.load.strict = true;
    job.plan.only = {"night", "day"};
    job.plan.limit = 3;
    job.plan.shard = shard_of("2/8");
    BOOST_TEST(job_snapshot(job) ==
               R"({"version":1,"path":"/home/somebody/cars.yaml","text":"version: 1\n",)"
               R"("set":[["limits.rate","2/s"]],"only":["day","night"],"limit":3,)"
               R"("shard":"2/8","shard_rule":2,"strict":true})");
    BOOST_TEST(without_part_options(job_snapshot(job)) ==
               R"({"version":1,"path":"/home/somebody/cars.yaml","text":"version: 1\n",)"
               R"("set":[["limits.rate","2/s"]],"only":[],"limit":null,)"
               R"("shard":null,"strict":true})");
    BOOST_TEST(job_snapshot(Job()) == R"({"version":1,"path":"","text":"","set":[],"only":[],)"
                                      R"("limit":null,"shard":null,"strict":false})");
}

BOOST_AUTO_TEST_CASE(a_job_is_read_back_as_it_was) {
    auto before = job();
    before.load.overrides = {{"limits.concurrency", "7", "--concurrency"}};
    before.plan.only = {"night"};
    before.plan.limit = 5;
    before.plan.shard = shard_of("3/4");
    auto const after = job_from_snapshot(job_snapshot(before), Verbosity::nothing);
    BOOST_TEST(after.path == before.path);
    BOOST_TEST(after.text == before.text);
    BOOST_TEST(after.file.name == "cars");
    BOOST_TEST(after.file.jobs.size() == 2u);
    BOOST_TEST(after.file.limits.concurrency == 7);
    BOOST_TEST((after.plan.only == before.plan.only));
    BOOST_TEST(after.plan.limit.value() == 5u);
    BOOST_TEST(text_of(after.plan.shard.value()) == "3/4");
    BOOST_TEST(job_snapshot(after) == job_snapshot(before));
}

BOOST_AUTO_TEST_CASE(a_shard_of_0_1_keeps_its_rule) {
    auto sharded = job();
    sharded.plan.shard = shard_of("3/4");
    auto snapshot = job_snapshot(sharded);
    auto const rule_of = [](std::string const& text) {
        return job_from_snapshot(text, Verbosity::nothing).plan.shard.value().rule;
    };
    BOOST_TEST((rule_of(snapshot) == jobs::ShardRule::by_request));
    std::string const member = ",\"shard_rule\":2";
    snapshot.erase(snapshot.find(member), member.size());
    BOOST_TEST((rule_of(snapshot) == jobs::ShardRule::by_step));
}

BOOST_AUTO_TEST_CASE(a_snapshot_that_cannot_be_used_is_a_bad_file) {
    for (auto const* snapshot : {"", "{}", "not JSON", R"({"version":2,"path":"","text":""})",
                                 R"({"version":1,"path":"/cars.yaml","text":"jobs: 7\n"})"})
        BOOST_TEST(end_of([&] { (void)job_from_snapshot(snapshot, Verbosity::nothing); }).code ==
                       ExitCode::bad_file,
                   snapshot);
    BOOST_TEST(without_part_options("not JSON") == "not JSON");
}

BOOST_AUTO_TEST_CASE(a_directory_without_a_journal_or_a_job_is_no_input) {
    auto const none = end_of([&] { (void)saved_job(path("none"), Verbosity::nothing); });
    BOOST_TEST(none.code == ExitCode::no_input);
    std::filesystem::create_directory(path("empty"));
    auto const written = store::write_meta(path("empty") + "/journal.db", "another", "text");
    BOOST_REQUIRE(!written.has_error());
    auto const empty = end_of([&] { (void)saved_job(path("empty"), Verbosity::nothing); });
    BOOST_TEST(empty.code == ExitCode::no_input);
    auto const whole = directory_with("whole", job_snapshot(job()));
    BOOST_TEST(saved_job(whole, Verbosity::nothing).file.name == "cars");
}

BOOST_AUTO_TEST_CASE(shards_of_one_job_have_a_common_snapshot) {
    auto first = job();
    first.plan.shard = shard_of("1/2");
    auto second = job();
    second.plan.shard = shard_of("2/2");
    second.plan.limit = 9;
    auto other = job();
    other.load.strict = true;
    auto const one = directory_with("one", job_snapshot(first));
    auto const two = directory_with("two", job_snapshot(second));
    auto const three = directory_with("three", job_snapshot(other));
    BOOST_TEST(common_snapshot({one, two}).value() == job_snapshot(job()));
    BOOST_TEST(!common_snapshot({one, two, three}).has_value());
}

BOOST_AUTO_TEST_CASE(settings_of_a_last_run_need_a_word_unless_they_change_no_destination) {
    std::pair<jobs::Override, bool> const rows[] = {
        {{"limits.rate", "2/s", ""}, false},
        {{"retry.attempts", "2", ""}, false},
        {{"budget.cost", "2", ""}, false},
        {{"prices.default", "2", ""}, false},
        {{"service.url", "http://127.0.0.1:9", ""}, true},
        {{"service.token", "{file: x}", ""}, true},
        {{"service.proxy", "{env: X}", ""}, true},
        {{"output.directory", "/", ""}, true},
        {{"limitsx.rate", "2", ""}, true},
    };
    for (auto const& [set, needs_word] : rows) {
        auto one = job();
        one.load.overrides = {set};
        BOOST_TEST(wishes_of(one, path("run"), JobUse::run).empty() == !needs_word, set.path);
    }
}

BOOST_AUTO_TEST_CASE(a_kept_text_shows_its_service_its_tokens_and_its_tables) {
    file("rows.txt", "a cat\n");
    file("ca.pem", "");
    Job kept;
    kept.path = path("cars.yaml");
    kept.text = "version: 1\nservice:\n  url: https://api.example\n  proxy: {env: P}\n"
                "  ca_file: ca.pem\n  token: {command: [sh, -c, x]}\n"
                "jobs: [{id: a, prompts: {file: rows.txt}}]\n";
    read_job(kept, Verbosity::nothing);
    BOOST_TEST(wishes_of(kept, path("run"), JobUse::run).empty(), "the user's own file");
    kept.is_kept_text = true;
    std::vector<std::string> const expected{
        "requests go to https://api.example", "the token is the output of the command: sh -c x",
        "certificates are accepted that are signed by " + path("ca.pem"),
        "the proxy is the environment variable P",
        "prompts are made of the table " + path("rows.txt")};
    BOOST_TEST(wishes_of(kept, path("run"), JobUse::run) == expected,
               boost::test_tools::per_element());
    kept.file.service.url = "local";
    BOOST_TEST(wishes_of(kept, path("run"), JobUse::run).empty());
}

BOOST_AUTO_TEST_CASE(hooks_of_a_kept_text_are_shown_to_who_runs_it) {
    Job kept;
    kept.path = path("cars.yaml");
    kept.text = "version: 1\nservice: {url: local}\njobs: [{prompt: x}]\nhooks:\n"
                "  on_finish: [sh, -c, rm x]\n"
                "  on_failure: {url: 'https://hooks.test/', secret: {file: key}}\n";
    read_job(kept, Verbosity::nothing);
    BOOST_TEST(wishes_of(kept, path("run"), JobUse::run).empty(), "the user's own file");
    kept.is_kept_text = true;
    std::vector<std::string> const expected{
        "at the end it runs the command: sh -c rm x",
        "after a failure the summary goes to https://hooks.test/, signed with the file " +
            path("key")};
    BOOST_TEST(wishes_of(kept, path("run"), JobUse::run) == expected,
               boost::test_tools::per_element());
    BOOST_TEST(wishes_of(kept, path("run"), JobUse::look_up).empty());
    kept.is_kept_text = false;
    for (auto const* set : {"hooks", "hooks.on_finish", "hooks.on_failure.url"}) {
        kept.load.overrides = {{set, "null", ""}};
        BOOST_TEST(wishes_of(kept, path("run"), JobUse::run).size() == 1u, set);
        BOOST_TEST(wishes_of(kept, path("run"), JobUse::look_up).empty(), set);
    }
}

BOOST_AUTO_TEST_SUITE_END()
