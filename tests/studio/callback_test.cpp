// Callbacks are repeated until they succeed, with pauses and a limit.
#include "tests/studio/fake_hook.hpp"
#include "tests/studio/handler_fixture.hpp"
#include "tests/studio/live_service.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

using namespace darkroom;
using namespace darkroom::studio;
using namespace darkroom::test;
using namespace std::chrono_literals;

namespace {

using Times = std::vector<Duration>;

/// A service whose generations take 2 s.
struct Hooks : HandlerFixture {
    FakeHook hook{clock};
    Hooks() {
        call_hook = hook.port();
        options.callback_allow = {"*"};
    }

    std::unique_ptr<FakeExchange> ask_with_hook(std::string more = {}, bool stream = false) {
        auto call = exchange(
            imagine(R"({"prompt": "a cat", "callback_url": "http://hooks.example/h")" + more + "}",
                    stream));
        settle(*call);
        BOOST_REQUIRE_MESSAGE(call->status == 200, call->body);
        return call;
    }
    bool called(FakeExchange const& call) const {
        return state->tasks.find(call.json().text("task_id").value())->called;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(callbacks, Hooks)

BOOST_AUTO_TEST_CASE(a_failed_callback_is_repeated_after_growing_pauses) {
    hook.answers = {500, 404, 302, 199, 200};
    auto const call = ask_with_hook();
    BOOST_TEST((hook.times() == Times{2s, 3s, 5s, 9s, 17s}));
    for (auto const& each : hook.calls) {
        BOOST_TEST(each.link == "http://hooks.example/h");
        BOOST_TEST(json::write(each.body) == json::write(hook.calls.front().body));
    }
    BOOST_TEST(called(*call));
    BOOST_TEST(state->ledger.requests("callback") == 1u);
    BOOST_TEST(state->ledger.requests("callback_failed") == 4u);
}

BOOST_AUTO_TEST_CASE(a_callback_is_given_up_after_six_failures) {
    hook.answers = {500};
    auto const call = ask_with_hook();
    BOOST_TEST((hook.times() == Times{2s, 3s, 5s, 9s, 17s, 33s}));
    BOOST_TEST(called(*call));
}

BOOST_AUTO_TEST_CASE(a_hook_that_does_not_answer_has_ten_seconds_each_time) {
    hook.answers = {FakeHook::silent, FakeHook::silent, 200};
    ask_with_hook();
    BOOST_TEST((hook.times() == Times{2s, 13s, 25s}));
    for (auto const& each : hook.calls) {
        BOOST_TEST((each.limits.total == 10s));
        BOOST_TEST(each.limits.redirects == 0);
    }
}

BOOST_AUTO_TEST_CASE(a_preview_s_line_is_posted_once_and_the_last_until_it_succeeds) {
    hook.answers = {500, 500, 500, 200};
    ask_with_hook({}, true);
    BOOST_TEST((hook.times() == Times{620ms, 1560ms, 2s, 3s}));
    std::vector<std::int64_t> progress;
    for (auto const& each : hook.calls) progress.push_back(each.body.integer("progress").value());
    BOOST_TEST((progress == std::vector<std::int64_t>{31, 78, 100, 100}));
}

BOOST_AUTO_TEST_CASE(a_line_that_a_slow_hook_holds_up_is_overtaken_by_the_outcome) {
    hook.answers = {FakeHook::silent, 200};
    ask_with_hook({}, true);
    BOOST_REQUIRE(hook.calls.size() == 2u);
    BOOST_TEST((hook.calls[1].at == 10620ms));
    BOOST_TEST(hook.calls[1].body.integer("progress").value() == 100);
}

BOOST_AUTO_TEST_CASE(a_failure_is_posted_like_a_success) {
    hook.answers = {503, 200};
    auto const call =
        exchange(imagine(R"({"prompt": "a cat -c x", "callback_url": "https://hooks.example/h"})"));
    settle(*call);
    BOOST_TEST((hook.times() == Times{0s, 1s}));
    auto const& body = hook.calls[1].body;
    BOOST_TEST(!body.boolean("success").value());
    BOOST_TEST(body.find("error")->text("code").value() == "bad_request");
    BOOST_TEST(body.text("trace_id").value() == call->header("x-trace-id"));
}

BOOST_AUTO_TEST_CASE(callbacks_go_to_allowed_hosts_only) {
    options.callback_allow = {"127.0.0.1", "*.example.org"};
    auto const status = [this](std::string url) {
        return ask(imagine(R"({"prompt": "a cat", "callback_url": ")" + url + R"("})"))->status;
    };
    for (auto const* url :
         {"ftp://127.0.0.1/hook", "http://user@127.0.0.1/hook", "http://example.com/hook",
          "http://example.org.evil.com/hook", "http://127.0.0.1.evil.com/", "127.0.0.1/hook"})
        BOOST_TEST(status(url) == 400, url);
    BOOST_TEST(state->ledger.totals().accepted == 0u);
    BOOST_TEST(hook.calls.empty());
    for (auto const* url : {"http://127.0.0.1:9/hook", "https://A.Example.ORG/hook"})
        BOOST_TEST(status(url) == 200, url);
    BOOST_TEST(hook.calls.size() == 2u);
}

BOOST_AUTO_TEST_CASE(without_a_list_of_hosts_callbacks_stay_on_this_machine) {
    options.callback_allow.clear();
    auto const hooked = [this](std::string url) {
        return ask(imagine(R"({"prompt": "a cat", "callback_url": ")" + url + R"("})"));
    };
    for (auto const* url : {"https://api.acedata.cloud/health", "http://10.0.0.1/hook",
                            "http://localhost.example.org/", "http://0.0.0.0:9/"}) {
        auto const refused = hooked(url);
        BOOST_TEST(refused->status == 400, url);
        BOOST_TEST(refused->json().find("error")->text("code").value() == "bad_request");
        BOOST_TEST(refused->body.find("--callback-allow") != std::string::npos, refused->body);
    }
    BOOST_TEST(hook.calls.empty());
    for (auto const* url :
         {"http://127.0.0.1:9/hook", "http://127.8.0.1/", "http://[::1]:9/", "http://LocalHost/"})
        BOOST_TEST(hooked(url)->status == 200, url);
    BOOST_TEST(hook.calls.size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_callback_can_tell_of_a_failure_and_then_take_it_back) {
    options.faults = read_fault_script(json::read(R"({"faults": [{"on": "callback", "count": 1,
        "do": "false_fail", "code": "timeout", "message": "late", "time": "3s"}]})")
                                           .value())
                         .value();
    hook.answers = {500, 200}; // what is taken back is not repeated
    ask_with_hook();
    BOOST_TEST((hook.times() == Times{2s, 5s}));
    BOOST_TEST(!hook.calls[0].body.boolean("success").value());
    BOOST_TEST(hook.calls[0].body.find("error")->text("code").value() == "timeout");
    BOOST_TEST(hook.calls[1].body.boolean("success").value());
    BOOST_TEST((hook.calls[0].body.text("task_id") == hook.calls[1].body.text("task_id")));
    BOOST_TEST(state->ledger.totals().charged == 1u);
}

BOOST_AUTO_TEST_CASE(a_callback_can_be_changed) {
    options.faults = read_fault_script(json::read(R"({"faults": [{"on": "callback",
        "do": "change", "set": {"error": {}}, "drop": ["success"]}]})")
                                           .value())
                         .value();
    ask_with_hook();
    BOOST_REQUIRE(hook.calls.size() == 1u);
    BOOST_TEST(hook.calls[0].body.find("error")->is_object());
    BOOST_TEST(hook.calls[0].body.find("success") == nullptr);
    BOOST_TEST(hook.calls[0].body.integer("progress").value() == 100);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(callbacks_on_the_wire)

BOOST_AUTO_TEST_CASE(a_post_ends_at_its_limit_and_follows_no_redirect) {
    SteadyClock clock;
    boost::asio::io_context io;
    boost::asio::ssl::context tls(boost::asio::ssl::context::tls_client);
    auto const post = [&](std::string link, GetLimits limits) {
        std::optional<Result<int>> outcome;
        auto on_end = [&outcome](std::exception_ptr failure, Result<int> status) {
            if (failure) std::rethrow_exception(failure);
            outcome = std::move(status);
        };
        GetSetup const setup{clock, tls, limits};
        boost::asio::co_spawn(io, http_post(std::move(link), R"({"prompt": "x"})", setup),
                              std::move(on_end));
        io.restart();
        io.run();
        return outcome.value();
    };
    using boost::asio::ip::tcp;
    tcp::acceptor silent(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    GetLimits limits;
    limits.total = 50ms;
    auto const began = clock.now();
    auto const late =
        post("http://127.0.0.1:" + std::to_string(silent.local_endpoint().port()), limits);
    BOOST_REQUIRE(!late.has_value());
    BOOST_TEST(late.error().detail.find("no answer within 50") != std::string::npos);
    BOOST_TEST((clock.now() - began >= limits.total));

    auto options = LiveService::quick();
    options.faults = read_fault_script(json::read(R"({"faults": [{"on": "imagine", "do": "status",
        "status": 307, "headers": {"location": "/midjourney/tasks"}}]})")
                                           .value())
                         .value();
    LiveService service(options);
    BOOST_TEST(post(service.url() + "/midjourney/imagine", GetLimits()).value() == 307);
    service.stop();
    BOOST_TEST(service.ledger().requests("/midjourney/tasks") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
