// Who is let in: hosts, types of bodies, tokens for the service's own paths.
#include "runner/http/host_guard.hpp"
#include "tests/studio/handler_fixture.hpp"
#include "tests/studio/live_service.hpp"
#include "tests/studio/raw_client.hpp"

using namespace darkroom;
using namespace darkroom::studio;
using namespace darkroom::test;

namespace {

constexpr auto cat = R"({"prompt": "a cat"})";

std::string code_of(FakeExchange const& call) {
    return call.json().find("error")->text("code").value();
}

http::Request get(std::string path) {
    http::Request request;
    request.method = "GET";
    request.path = std::move(path);
    return request;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(doors, HandlerFixture)

BOOST_AUTO_TEST_CASE(a_host_fits_by_its_name_or_its_address) {
    struct Row {
        char const* address;
        char const* host;
        bool fits;
    };
    std::vector<std::string> const names{"studio", "Box.Example", "10.9.9.9", "fd00::9"};
    Row const rows[] = {
        {"127.0.0.1", "127.0.0.1:7700", true},
        {"127.0.0.1", "localhost", true},
        {"127.0.0.1", "LOCALHOST:80", true},
        {"127.0.0.1", "localhost.", true},
        {"127.0.0.1", "[::1]:7700", true},
        {"127.0.0.1", "", true},
        {"127.0.0.1", "studio:7700", true},
        {"127.0.0.1", "box.example.", true},
        {"127.0.0.1", "10.9.9.9", true},
        {"127.0.0.1", "[FD00::9]:1", true},
        {"127.0.0.1", "evil.example", false},
        {"127.0.0.1", "localhost.evil.example", false},
        {"127.0.0.1", "127.0.0.1.evil.example:7700", false},
        {"127.0.0.1", "evil.example:127.0.0.1", false},
        {"127.0.0.1", "studio.evil.example", false},
        {"127.0.0.1", "10.0.0.1", false},
        {"127.0.0.1", ":7700", false},
        {"127.0.0.1", "[::1", true},
        {"127.0.0.1", "[evil.example]", false},
        {"10.0.0.1", "10.0.0.1:80", true},
        {"10.0.0.1", "127.0.0.1", true},
        {"10.0.0.1", "10.0.0.2", false},
        {"0.0.0.0", "10.0.0.2", true},
        {"0.0.0.0", "[fd00::1]", true},
        {"0.0.0.0", "evil.example", false},
        {"::", "192.0.2.1", true},
        {"::", "evil.example", false},
        {"fd00::1", "[fd00:0::1]:80", true},
    };
    for (auto const& row : rows) {
        http::HostRule const rule{row.address, names};
        BOOST_TEST(rule.fits(row.host) == row.fits, row.address << " as " << row.host);
    }
}

BOOST_AUTO_TEST_CASE(a_page_whose_name_was_made_to_point_here_gets_nothing) {
    for (auto const* path : {"/midjourney/imagine", "/midjourney/tasks", "/__service/ledger",
                             "/files/x.png", "/samples/road.png"}) {
        LiveService live;
        RawClient client(live.port());
        auto const reply =
            client.ask("POST " + std::string(path), "host: evil.example:80\r\n", cat);
        BOOST_TEST(reply.status == 421);
        auto const answer = json::read(reply.body).value();
        BOOST_TEST(answer.find("error")->text("code").value() == "bad_request");
        auto const message = answer.find("error")->text("message").value();
        BOOST_TEST(message.find("evil.example") != std::string::npos);
        BOOST_TEST(message.find("--host") != std::string::npos);
        live.stop();
        BOOST_TEST(live.ledger().totals().accepted == 0u);
    }
}

BOOST_AUTO_TEST_CASE(a_name_that_is_given_is_answered) {
    auto settings = LiveService::quick();
    settings.hosts = {"studio.example"};
    settings.public_url = "https://outside.example:8443";
    LiveService live(settings);
    RawClient client(live.port());
    for (auto const* host : {"studio.example:1", "outside.example", "localhost"}) {
        auto const head = "host: " + std::string(host) + "\r\n";
        BOOST_TEST(client.ask("GET /samples/road.png", head).status == 200, host);
    }
    BOOST_TEST(client.ask("GET /samples/road.png", "host: other.example\r\n").status == 421);
}

BOOST_AUTO_TEST_CASE(a_body_that_is_no_json_by_its_type_is_refused) {
    struct Row {
        char const* type;
        int status;
    };
    Row const rows[] = {
        {"application/json", 200},
        {"Application/JSON; charset=utf-8", 200},
        {"application/json;charset=UTF-8", 200},
        {"application/vnd.api+json", 200},
        {"text/plain", 415},
        {"text/plain; application/json", 415},
        {"text/plain, application/json", 415},
        {"application/x-www-form-urlencoded", 415},
        {"multipart/form-data; boundary=x", 415},
        {"text/json+json", 415},
        {"application/jsonp", 415},
        {"", 415},
    };
    for (auto const& row : rows) {
        for (auto const* path : {"/midjourney/imagine", "/midjourney/tasks"}) {
            auto request = post(path, R"({"prompt": "a cat", "id": "x"})");
            request.headers = {{"content-type", row.type}};
            auto const call = ask(request);
            BOOST_TEST(call->status == row.status, row.type);
            if (row.status == 200) continue;
            BOOST_TEST(code_of(*call) == "bad_request");
            BOOST_TEST(call->body.find("content-type: application/json") != std::string::npos);
        }
    }
    auto request = imagine(cat);
    request.headers.clear();
    BOOST_TEST(ask(request)->status == 415);
    request.body.clear();
    BOOST_TEST(ask(request)->status == 400); // there is nothing that a type could be of
    BOOST_TEST(state->ledger.totals().accepted == 4u);
}

BOOST_AUTO_TEST_CASE(the_service_s_own_paths_need_a_token_where_one_is_set) {
    options.open = false;
    TokenRule expired;
    expired.token = "expired-token";
    expired.state = TokenState::expired;
    options.tokens = {"right-token"};
    options.token_rules = {expired};
    options.accounts = {AccountRule{"a", 1, {}, 1, 0, false}};
    for (auto const* path : {"/__service/ledger", "/__service/stats", "/__service/accounts",
                             "/__service/accounts/a", "/__service/none"}) {
        auto request = get(path);
        if (std::string(path).ends_with("/a")) request.method = "PATCH";
        request.body = "{}";
        request.from_loopback = true;
        auto const none = ask(request);
        BOOST_TEST(none->status == 401, path);
        BOOST_TEST(code_of(*none) == "no_token");
        for (auto const* wrong : {"Bearer wrong-token", "Bearer expired-token", "right-token"}) {
            request.headers = {{"authorization", wrong}};
            BOOST_TEST(ask(request)->status == 401, path);
        }
        request.headers = {{"authorization", "Bearer right-token"}};
        BOOST_TEST(ask(request)->status == (std::string(path).ends_with("none") ? 404 : 200), path);
    }
}

BOOST_AUTO_TEST_CASE(without_tokens_the_service_s_own_paths_are_open) {
    for (bool const open : {true, false}) {
        options.open = open;
        BOOST_TEST(ask(get("/__service/ledger"))->status == 200);
        service.reset();
        state.reset();
    }
}

BOOST_AUTO_TEST_SUITE_END()
