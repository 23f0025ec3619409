// Included files: which value wins, and the places of errors.
#include "tests/jobs/folder.hpp"
#include "tests/jobs/support.hpp"

using namespace darkroom::jobs;
using namespace darkroom::jobs::test;

namespace {

JobFile load_with(Folder const& folder, std::string const& text, std::string const& config = "") {
    LoadOptions options;
    options.user_config = config;
    auto loaded = load_job_text(text, folder.path("a.yaml"), options);
    BOOST_TEST(lines_of(loaded) == "");
    BOOST_REQUIRE(loaded.file.has_value());
    return *loaded.file;
}

std::string findings_in(Folder const& folder, std::string const& text) {
    auto all = lines_of(load_job_text(text, folder.path("a.yaml"), {}));
    auto const prefix = folder.path("");
    for (auto at = all.find(prefix); at != std::string::npos; at = all.find(prefix))
        all.erase(at, prefix.size());
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(included)

BOOST_AUTO_TEST_CASE(the_file_wins_over_the_included_and_a_later_one_over_an_earlier) {
    Folder const folder;
    folder.write("one.yaml", "limits: {concurrency: 1, rate: 1/min, downloads: 1}\n"
                             "service: {token: {env: A}, timeouts: {idle: 5s, total: 1m}}\n"
                             "defaults: {params: {ar: '1:1', v: 6}, matrix: {x: [1, 2]}}\n");
    folder.write("two.yaml", "limits: {concurrency: 2, downloads: 2}\nname: two\n");
    auto const file = load_with(folder, "version: 1\ninclude: [one.yaml, two.yaml]\n"
                                        "limits: {downloads: 3}\n"
                                        "service: {token: {file: t}, timeouts: {total: 2m}}\n"
                                        "defaults: {params: {ar: '3:2', s: 1}, matrix: {y: [3]}}\n"
                                        "jobs: [{prompt: 'a {{y}}'}]\n");
    BOOST_TEST(file.name == "two");
    BOOST_TEST(file.limits.concurrency == 2);
    BOOST_TEST(file.limits.downloads == 3);
    BOOST_TEST(file.limits.rate == 1.0 / 60);
    BOOST_TEST((file.service.token.kind == TokenSource::Kind::file));
    BOOST_TEST((file.service.timeouts.idle == 5s));
    BOOST_TEST((file.service.timeouts.total == 120s));
    BOOST_TEST(prompts(file) == "a 3 --ar 3:2 --v 6 --s 1\n");
}

BOOST_AUTO_TEST_CASE(relative_paths_are_relative_to_the_file_they_stand_in) {
    Folder const folder;
    folder.write("sub/common.yaml", "include: deep/more.yaml\nservice: {ca_file: ca.pem}\n"
                                    "jobs: [{prompts: rows.txt}]\n");
    folder.write("sub/deep/more.yaml", "output: {directory: pictures}\n");
    folder.write("sub/rows.txt", "a lamp\n");
    auto const file = load_with(folder, "version: 1\ninclude: sub/common.yaml\n");
    BOOST_TEST(file.service.ca_file == folder.path("sub/ca.pem"));
    BOOST_TEST(file.output.directory == folder.path("sub/deep/pictures"));
    BOOST_TEST(prompts(file) == "a lamp\n");
}

BOOST_AUTO_TEST_CASE(anchors_and_merge_keys_work_within_a_file) {
    Folder const folder;
    auto const file =
        load_with(folder, "version: 1\njobs:\n"
                          "- &base {id: a, prompt: x, params: &p {ar: '1:1'}}\n"
                          "- {<<: *base, id: b, prompt: y}\n"
                          "- {<<: [{prompt: z}, *base], id: c, params: {<<: *p, s: 1}}\n");
    BOOST_TEST(prompts(file) == "x --ar 1:1\ny --ar 1:1\nz --s 1 --ar 1:1\n");
}

BOOST_AUTO_TEST_CASE(errors_are_reported_in_their_own_file) {
    Folder const folder;
    folder.write("bad.yaml", "limits:\n  concurrency: lots\n");
    folder.write("list.yaml", "- a\n");
    folder.write("open.yaml", "limits: {\n");
    folder.write("self.yaml", "include: self.yaml\n");
    folder.write("ping.yaml", "include: pong.yaml\n");
    folder.write("pong.yaml", "\ninclude: [ping.yaml]\n");
    auto const with = [&](std::string const& name) {
        return findings_in(folder, "version: 1\ninclude: [" + name + "]\njobs: [{prompt: a}]\n");
    };
    BOOST_TEST(with("bad.yaml") == "bad.yaml:2:16: error: 'concurrency' needs a whole number from "
                                   "1 to 10000, not 'lots'\n");
    BOOST_TEST(with("list.yaml") ==
               "list.yaml:1:1: error: an included file is a mapping, like a job file\n");
    BOOST_TEST(with("open.yaml").starts_with("open.yaml:"));
    BOOST_TEST(with("none.yaml") == "a.yaml:2:11: error: cannot include 'none.yaml': No such file "
                                    "or directory\n");
    BOOST_TEST(with("self.yaml") == "self.yaml:1:10: error: 'self.yaml' includes itself\n");
    BOOST_TEST(with("ping.yaml") == "pong.yaml:2:11: error: 'ping.yaml' includes itself\n");
    BOOST_TEST(with("a.yaml") == "a.yaml:2:11: error: 'a.yaml' includes itself\n");
    BOOST_TEST(findings_in(folder, "version: 1\ninclude: {a: b}\njobs: [{prompt: a}]\n") ==
               "a.yaml:2:10: error: 'include' needs a text, not a mapping\n");
}

BOOST_AUTO_TEST_CASE(the_users_own_settings_lie_below_everything) {
    Folder const folder;
    auto const config = folder.write("conf/config.yaml", "limits: {rate: 2/s, concurrency: 9}\n"
                                                         "service: {token: {file: token}}\n");
    auto const text = "version: 1\nlimits: {concurrency: 3}\njobs: [{prompt: a}]\n";
    auto const file = load_with(folder, text, config);
    BOOST_TEST(file.limits.rate == 2.0);
    BOOST_TEST(file.limits.concurrency == 3);
    BOOST_TEST(file.service.token.words.front() == folder.path("conf/token"));
    BOOST_TEST(load_with(folder, text, folder.path("conf/none.yaml")).limits.rate == 1.0);
    LoadOptions options;
    options.user_config = folder.write("conf/wrong.yaml", "defaults: {mode: relax}\n");
    BOOST_TEST(lines_of(load_job_text(text, folder.path("a.yaml"), options)) ==
               options.user_config + ":1:1: error: 'defaults' belongs into a job file\n");
}

BOOST_AUTO_TEST_CASE(the_upper_files_accounts_replace_the_lower_ones_token_and_the_reverse) {
    Folder const folder;
    auto const token = folder.write("conf/token.yaml", "service: {token: {file: token}}\n");
    auto const pool = folder.write("conf/pool.yaml", "service: {accounts: [{token: {file: t}}]}\n");
    auto const jobs = std::string("jobs: [{prompt: a}]\n");
    auto const own_pool = "version: 1\nservice: {accounts: [{name: b, token: {env: B}}]}\n" + jobs;
    auto const file = load_with(folder, own_pool, token);
    BOOST_TEST((file.service.token.kind == TokenSource::Kind::none));
    BOOST_TEST(file.service.accounts.at(0).name == "b");
    auto const own_token = "version: 1\nservice: {token: {env: B}}\n" + jobs;
    BOOST_TEST(load_with(folder, own_token, pool).service.accounts.empty());
    auto const below = load_with(folder, "version: 1\n" + jobs, pool);
    BOOST_TEST(below.service.accounts.at(0).token.words.front() == folder.path("conf/t"));
}

BOOST_AUTO_TEST_SUITE_END()
