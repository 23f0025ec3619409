// Hooks: after which exit code one is called, which program can be one, and the signature.
#include "runner/cli/hooks.hpp"

#include "runner/cli/hook_command.hpp"
#include "runner/cli/webhook.hpp"
#include "tests/cli/cli_fixture.hpp"

#include <string>
#include <sys/stat.h>
#include <vector>

using namespace darkroom;
using namespace darkroom::cli;
using namespace darkroom::test;

namespace {

jobs::Hook command_hook(std::vector<std::string> words) {
    jobs::Hook hook;
    hook.command = std::move(words);
    return hook;
}

jobs::Hook address_hook(std::string url, std::string variable) {
    jobs::Hook hook;
    hook.url = std::move(url);
    hook.secret.kind = jobs::TokenSource::Kind::env;
    hook.secret.words = {std::move(variable)};
    return hook;
}

std::string content_of(std::string const& path) {
    std::string text(1000, '\0');
    auto* file = std::fopen(path.c_str(), "r");
    BOOST_REQUIRE(file != nullptr);
    text.resize(std::fread(text.data(), 1, text.size(), file));
    std::fclose(file);
    return text;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(hooks_of_a_run, CliFixture)

BOOST_AUTO_TEST_CASE(an_exit_code_decides_which_hooks_are_called) {
    for (auto const& meaning : exit_meanings()) {
        auto const code = meaning.code;
        bool const is_interrupted = code == ExitCode::interrupted;
        BOOST_TEST(calls_on_finish(code) == !is_interrupted, code);
        BOOST_TEST(calls_on_failure(code) == (!is_interrupted && code != ExitCode::ok), code);
    }
}

BOOST_AUTO_TEST_CASE(a_run_without_hooks_for_its_end_has_none) {
    jobs::JobFile file;
    BOOST_TEST(!RunHooks(file).has_any_for(ExitCode::some_failed));
    file.hooks.on_failure = command_hook({"true"});
    BOOST_TEST(!RunHooks(file).has_any_for(ExitCode::ok));
    BOOST_TEST(!RunHooks(file).has_any_for(ExitCode::interrupted));
    BOOST_TEST(RunHooks(file).has_any_for(ExitCode::some_failed));
    file.hooks.on_finish = command_hook({"true"});
    BOOST_TEST(RunHooks(file).has_any_for(ExitCode::ok));
}

BOOST_AUTO_TEST_CASE(a_program_is_found_in_the_path_or_at_its_own) {
    auto const own = file("own", "#!/bin/sh\n");
    auto const plain = file("plain", "#!/bin/sh\n");
    ::chmod(own.c_str(), 0755);
    std::filesystem::create_directory(path("folder"));
    environment.set("PATH", path("none") + ":" + directory.string());
    for (auto const& good : {std::string("own"), own}) BOOST_TEST(why_no_program(good) == "");
    for (auto const& bad : {std::string("plain"), plain, std::string("folder"), path("folder"),
                            std::string("none"), path("none"), std::string("sh")})
        BOOST_TEST(why_no_program(bad).find(bad) != std::string::npos, bad);
    environment.unset("PATH");
    BOOST_TEST(why_no_program("sh") == "");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_run_is_refused_with_its_exit_code) {
    auto const code_of = [](jobs::Hook const& hook) {
        jobs::JobFile file;
        file.hooks.on_failure = hook;
        return end_of([&] { RunHooks const hooks(file); }).code;
    };
    environment.set("DARKROOM_TEST_SECRET", "s3cret");
    BOOST_TEST(code_of(command_hook({"true"})) == ExitCode::ok);
    BOOST_TEST(code_of(address_hook("https://hooks.test/", "DARKROOM_TEST_SECRET")) ==
               ExitCode::ok);
    BOOST_TEST(code_of(command_hook({path("none")})) == ExitCode::no_input);
    BOOST_TEST(code_of(address_hook("https://hooks.test/", "DARKROOM_NONE")) == ExitCode::no_input);
    BOOST_TEST(code_of(address_hook("https://", "DARKROOM_TEST_SECRET")) == ExitCode::bad_file);
}

BOOST_AUTO_TEST_CASE(a_command_gets_its_input_and_not_what_is_hidden) {
    environment.set("DARKROOM_TEST_TOKEN", "the-token");
    environment.set("DARKROOM_TEST_TOKEN_2", "another");
    auto const script = "cat > " + path("input") + "; env > " + path("environment");
    auto const ran =
        run_hook_command(command_hook({"sh", "-c", script}), "{}\n", {"DARKROOM_TEST_TOKEN"});
    BOOST_TEST(!ran.has_error());
    BOOST_TEST(content_of(path("input")) == "{}\n");
    auto const variables = content_of(path("environment"));
    BOOST_TEST(variables.find("the-token") == std::string::npos);
    BOOST_TEST(variables.find("DARKROOM_TEST_TOKEN_2=another") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_end_of_a_command_is_named) {
    std::pair<std::string, std::string> const rows[] = {
        {"exit 7", "'sh' ended with exit code 7"},
        {"kill -9 $$", "'sh' was ended by signal 9"},
        {"sleep 1000", "'sh' took longer than 1s: it was ended by signal 15"},
        {"trap 'exit 0' TERM; sleep 1000 & wait", "'sh' took longer than 1s: it ended then"},
    };
    for (auto const& [script, words] : rows) {
        auto hook = command_hook({"sh", "-c", script});
        hook.deadline = std::chrono::seconds(1);
        BOOST_TEST(run_hook_command(hook, "", {}).error().message() == words);
    }
}

// By Python's hmac.new(b"s3cret", b"{}", "sha256").
BOOST_AUTO_TEST_CASE(a_signature_is_a_line_of_the_head) {
    BOOST_TEST(signature_line("", "{}").empty());
    BOOST_TEST(signature_line("s3cret", "{}") ==
               "X-Darkroom-Signature: "
               "sha256=adbde1ce40c89c14215687d5d762a47df6dfaefcfad61e2e86718ffc8498571b\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
