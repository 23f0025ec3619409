// The token: from a file, a variable or a command, and never in a message.
#include "runner/cli/token.hpp"

#include "tests/cli/cli_fixture.hpp"

#include <string>
#include <sys/stat.h>
#include <thread>
#include <vector>

using namespace darkroom;
using namespace darkroom::cli;
using namespace darkroom::test;

namespace {

using TokenKind = jobs::TokenSource::Kind;

jobs::TokenSource source(TokenKind kind, std::vector<std::string> words) {
    jobs::TokenSource source;
    source.kind = kind;
    source.words = std::move(words);
    return source;
}

jobs::Account account(std::string const& name, jobs::TokenSource token) {
    jobs::Account account;
    account.name = name;
    account.token = std::move(token);
    return account;
}

jobs::Service at(std::string const& url) {
    jobs::Service service;
    service.url = url;
    return service;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(token, CliFixture)

BOOST_AUTO_TEST_CASE(every_source_gives_the_token_without_white_space) {
    environment.set("DARKROOM_TEST_TOKEN", " from-env\n");
    BOOST_TEST(read_token(source(TokenKind::env, {"DARKROOM_TEST_TOKEN"}), "") == "from-env");
    BOOST_TEST(read_token(source(TokenKind::file, {file("token", "from-file\r\n")}), "") ==
               "from-file");
    BOOST_TEST(read_token(source(TokenKind::command, {"printf", "from-command\\n"}), "") ==
               "from-command");
}

BOOST_AUTO_TEST_CASE(a_command_is_asked_again_for_its_own_account) {
    jobs::Service service;
    service.token = source(TokenKind::command, {"printf", "of-all\\n"});
    BOOST_TEST(renewed_token(service, "").value() == "of-all");
    environment.set("DARKROOM_TEST_TOKEN", "from-env");
    service.accounts = {account("a", source(TokenKind::command, {"printf", "of-a\\n"})),
                        account("b", source(TokenKind::env, {"DARKROOM_TEST_TOKEN"})),
                        account("c", source(TokenKind::command, {"false"})),
                        account("d", source(TokenKind::command, {"printf", "two words"}))};
    BOOST_TEST(renewed_token(service, "a").value() == "of-a");
    for (auto const* name : {"b", "c", "d"}) BOOST_TEST(renewed_token(service, name).has_error());
}

BOOST_AUTO_TEST_CASE(a_token_file_wins_over_the_job_file) {
    environment.set("DARKROOM_TEST_TOKEN", "from-env");
    auto const typed = file("typed", "typed");
    BOOST_TEST(read_token(source(TokenKind::env, {"DARKROOM_TEST_TOKEN"}), typed) == "typed");
    BOOST_TEST(read_token({}, typed) == "typed");
}

BOOST_AUTO_TEST_CASE(each_failure_has_its_exit_code) {
    struct Row {
        std::string name;
        jobs::TokenSource token;
        ExitCode code;
    };
    auto const none = path("none");
    std::vector<Row> const rows{
        {"no source", {}, ExitCode::usage},
        {"variable not set", source(TokenKind::env, {"DARKROOM_TEST_TOKEN"}), ExitCode::usage},
        {"no such file", source(TokenKind::file, {none}), ExitCode::no_input},
        {"empty file", source(TokenKind::file, {file("empty", "\n")}), ExitCode::usage},
        {"two words", source(TokenKind::file, {file("two", "secret more")}), ExitCode::usage},
        {"control character", source(TokenKind::file, {file("bell", "secret\a")}), ExitCode::usage},
        {"failing command", source(TokenKind::command, {"false"}), ExitCode::usage},
        {"no such command", source(TokenKind::command, {none}), ExitCode::usage},
    };
    for (auto const& row : rows) {
        auto const end = end_of([&] { (void)read_token(row.token, ""); });
        BOOST_TEST(end.code == row.code, row.name << ": " << end.text);
        BOOST_TEST(end.text.find("secret") == std::string::npos, row.name);
    }
}

BOOST_AUTO_TEST_CASE(a_service_without_accounts_has_one_token_without_a_name) {
    jobs::Service service;
    service.token = source(TokenKind::file, {file("token", "secret")});
    auto const tokens = read_tokens(service, "");
    BOOST_TEST(tokens.size() == 1u);
    BOOST_TEST(tokens.at("") == "secret");
}

BOOST_AUTO_TEST_CASE(each_account_has_its_own_token) {
    jobs::Service service;
    service.accounts = {account("a", source(TokenKind::file, {file("a", "secret-a")})),
                        account("b", source(TokenKind::file, {file("b", "secret-b")}))};
    auto const tokens = read_tokens(service, "");
    BOOST_TEST(tokens.size() == 2u);
    BOOST_TEST(tokens.at("a") == "secret-a");
    BOOST_TEST(tokens.at("b") == "secret-b");
    auto const typed = file("typed", "typed");
    BOOST_TEST(end_of([&] { (void)read_tokens(service, typed); }).code == ExitCode::usage);
}

BOOST_AUTO_TEST_CASE(an_account_without_a_token_or_with_anothers_is_refused) {
    jobs::Service service;
    auto const same = source(TokenKind::file, {file("same", "secret")});
    service.accounts = {account("a", same), account("b", {})};
    auto const missing = end_of([&] { (void)read_tokens(service, ""); });
    BOOST_TEST(missing.code == ExitCode::usage);
    BOOST_TEST(missing.text.find("'b' has no token") != std::string::npos, missing.text);
    service.accounts = {account("a", same), account("b", same)};
    auto const twice = end_of([&] { (void)read_tokens(service, ""); });
    BOOST_TEST(twice.code == ExitCode::usage);
    BOOST_TEST(twice.text.find("secret") == std::string::npos, twice.text);
}

BOOST_AUTO_TEST_CASE(a_token_comes_through_a_pipe_too) {
    auto const pipe = path("pipe");
    BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0644) == 0);
    for (auto const* text : {"piped", "piped\n", "  piped\r\n"}) {
        std::thread writer([&] { file("pipe", text); });
        auto const token = read_token({}, pipe);
        writer.join();
        BOOST_TEST(token == "piped");
    }
    for (auto const* text : {"", "\n", "two\nlines\n"}) {
        std::thread writer([&] { file("pipe", text); });
        auto const end = end_of([&] { (void)read_token({}, pipe); });
        writer.join();
        BOOST_TEST(end.code == ExitCode::usage);
        BOOST_TEST(end.text.find(pipe) != std::string::npos, end.text);
    }
    BOOST_TEST(token_warnings(at("https://api.test"), pipe).empty());
    BOOST_TEST(end_of([] { (void)read_token({}, "/dev/zero"); }).code == ExitCode::no_input);
}

BOOST_AUTO_TEST_CASE(a_token_on_an_open_way_is_warned_of) {
    for (auto const* url : {"http://api.test", "http://10.0.0.1:80/v1", "http://localhost.test"}) {
        auto const warnings = token_warnings(at(url), "");
        BOOST_REQUIRE(warnings.size() == 1u);
        BOOST_TEST(warnings.front().find("https") != std::string::npos);
    }
    for (auto const* url : {"https://api.test", "http://localhost:1", "http://127.0.0.1:7700/",
                            "http://[::1]:7700", "HTTPS://api.test"})
        BOOST_TEST(token_warnings(at(url), "").empty(), url);
}

BOOST_AUTO_TEST_CASE(a_token_file_that_others_can_read_is_warned_of_once) {
    auto service = at("https://api.test");
    auto const shared = file("shared", "secret");
    auto const own = file("own", "secret");
    ::chmod(own.c_str(), 0600);
    service.token = source(TokenKind::file, {shared});
    for (auto const mode : {0640, 0604, 0644}) {
        ::chmod(shared.c_str(), static_cast<mode_t>(mode));
        auto const warnings = token_warnings(service, "");
        BOOST_REQUIRE(warnings.size() == 1u);
        BOOST_TEST(warnings.front().find("chmod 600 " + shared) != std::string::npos);
    }
    BOOST_TEST(token_warnings(service, own).empty());
    BOOST_TEST(token_warnings(service, shared).size() == 1u);
    service.accounts = {account("a", source(TokenKind::file, {shared})),
                        account("b", source(TokenKind::file, {shared})),
                        account("c", source(TokenKind::file, {own}))};
    BOOST_TEST(token_warnings(service, "").size() == 1u);
    BOOST_TEST(!file_warning(path("none")));
    ::chmod(shared.c_str(), 0600);
    BOOST_TEST(token_warnings(service, "").empty());
}

BOOST_AUTO_TEST_SUITE_END()
