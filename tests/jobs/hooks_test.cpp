// Hooks: their forms, their places, and what an included file has of them.
#include "tests/jobs/folder.hpp"
#include "tests/jobs/support.hpp"

using namespace darkroom;
using namespace darkroom::jobs;
using namespace darkroom::jobs::test;

namespace {

std::string job_with(std::string const& hooks) {
    return "version: 1\njobs: [{prompt: x}]\nhooks: " + hooks + "\n";
}

} // namespace

BOOST_AUTO_TEST_SUITE(hooks)

BOOST_AUTO_TEST_CASE(a_hook_has_a_short_and_two_long_forms) {
    using Words = std::vector<std::string>;
    using Kind = TokenSource::Kind;
    struct Row {
        std::string text;
        Words command;
        std::string url;
        Kind secret;
        Duration deadline;
    };
    std::string const url = "https://hooks.test/a?b=c";
    Row const rows[] = {
        {"[notify, -x, 7]", {"notify", "-x", "7"}, "", Kind::none, 30s},
        {"{command: [notify]}", {"notify"}, "", Kind::none, 30s},
        {"{command: [notify], deadline: 10m}", {"notify"}, "", Kind::none, 10min},
        {"{url: '" + url + "'}", {}, url, Kind::none, 30s},
        {"{url: '" + url + "', secret: {env: A}, deadline: 1ms}", {}, url, Kind::env, 1ms},
        {"{url: '" + url + "', secret: {command: [a]}}", {}, url, Kind::command, 30s},
        {"{url: 'http://127.0.0.1:80/'}", {}, "http://127.0.0.1:80/", Kind::none, 30s},
    };
    for (auto const& row : rows) {
        for (std::string const key : {"on_finish", "on_failure"}) {
            auto const file = load(job_with("{" + key + ": " + row.text + "}"));
            auto const& hook = key == "on_finish" ? file.hooks.on_finish : file.hooks.on_failure;
            auto const& other = key == "on_finish" ? file.hooks.on_failure : file.hooks.on_finish;
            BOOST_TEST(!other.has_value());
            BOOST_REQUIRE(hook.has_value());
            BOOST_TEST((hook->command == row.command), row.text);
            BOOST_TEST(hook->url == row.url);
            BOOST_TEST((hook->secret.kind == row.secret), row.text);
            BOOST_TEST((hook->deadline == row.deadline), row.text);
            BOOST_TEST(hook->at.file == "/jobs/a.yaml");
            BOOST_TEST(hook->at.line == 3);
            BOOST_TEST(hook->at.column == static_cast<int>(key.size()) + 11);
        }
    }
}

BOOST_AUTO_TEST_CASE(no_value_is_no_hook) {
    for (auto const* text :
         {"", "null", "{}", "{on_finish: null}", "{on_finish: , on_failure: ~}"}) {
        auto const file = load(job_with(text));
        BOOST_TEST(!file.hooks.on_finish.has_value(), text);
        BOOST_TEST(!file.hooks.on_failure.has_value(), text);
    }
    LoadOptions options;
    options.overrides = {{"hooks.on_finish", "null", ""}};
    auto const file = load(job_with("{on_finish: [a], on_failure: [b]}"), options);
    BOOST_TEST(!file.hooks.on_finish.has_value());
    BOOST_TEST(file.hooks.on_failure.has_value());
}

BOOST_AUTO_TEST_CASE(plain_http_to_another_machine_is_a_warning) {
    BOOST_TEST(findings(job_with("{on_finish: {url: 'http://hooks.test/'}}")) ==
               "a.yaml:3:26: warning: the summary of the run goes to another machine without "
               "encryption: use https\n");
}

BOOST_AUTO_TEST_CASE(a_path_of_a_secret_is_relative_to_the_file_that_has_it) {
    Folder const folder;
    folder.write("shared/common.yaml",
                 "hooks:\n  on_finish: {url: 'https://a.test', secret: {file: key}}\n"
                 "  on_failure: [a]\n");
    auto const text = "version: 1\ninclude: [shared/common.yaml]\njobs: [{prompt: x}]\n"
                      "hooks: {on_failure: {url: 'https://b.test', secret: {file: key}}}\n";
    auto const loaded = load_job_text(text, folder.path("a.yaml"), {});
    BOOST_TEST(lines_of(loaded) == "");
    BOOST_REQUIRE(loaded.file.has_value());
    auto const& hooks = loaded.file->hooks;
    BOOST_TEST(hooks.on_finish->secret.words.front() == folder.path("shared/key"));
    BOOST_TEST(hooks.on_failure->secret.words.front() == folder.path("key"));
    BOOST_TEST(hooks.on_failure->url == "https://b.test");
    BOOST_TEST(hooks.on_finish->at.file.ends_with("shared/common.yaml"));
    BOOST_TEST(hooks.on_finish->at.line == 2);
}

BOOST_AUTO_TEST_SUITE_END()
