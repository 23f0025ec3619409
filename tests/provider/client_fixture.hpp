// A client and the servers that it talks to.
#pragma once

#include "runner/engine/task_follower.hpp"
#include "runner/provider/client.hpp"
#include "tests/net/net_fixture.hpp"
#include "tests/net/script_server.hpp"
#include "tests/provider/bodies.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::test {

using engine::Answer;
using engine::Problem;
using engine::Verdict;

inline std::string const secret = "secret-token";
inline std::string const ndjson = "Content-Type: application/x-ndjson\r\n";

/// Keeps what is reported of a request.
struct Progress : engine::ProgressSink {
    void on_task(std::string const& id) override { tasks.push_back(id); }
    void on_percent(int given) override { percent = given; }
    std::vector<std::string> tasks;
    int percent = -1;
};

/// A client of one server.
struct ClientFixture : NetFixture {
    explicit ClientFixture(std::string const& url, jobs::Delivery delivery = jobs::Delivery::stream,
                           provider::ClientOptions options = {}) {
        options.url = url;
        if (options.tokens.empty()) options.tokens = {{"", secret}, {"second", "other-token"}};
        options.delivery = delivery;
        options.timeouts = {5s, 5s, 5s, 20s};
        auto created = provider::Client::create(context.get_executor(), clock, options);
        service = std::move(*created);
    }
    engine::SubmitResult submit(std::string const& account = "") {
        engine::Submission submission{"/midjourney/imagine", R"({"prompt":"boats"})", account, ""};
        return run(service->submit(submission, progress));
    }
    /// Submits, and follows the task of a request that is acknowledged.
    engine::Outcome submit_and_follow() {
        TaskGroup helpers(context.get_executor());
        return run(follow_in(helpers));
    }
    engine::awaitable<engine::Outcome> follow_in(TaskGroup& helpers) {
        engine::FollowerOptions options;
        options.pace = [](std::string const&) { return Duration(20ms); };
        engine::TaskFollower follower(context.get_executor(), clock, *service, options);
        service->attend(helpers, follower);
        helpers.spawn(follower.run(""));
        engine::Submission submission{"/midjourney/imagine", R"({"prompt":"boats"})", "", ""};
        auto result = co_await service->submit(std::move(submission), progress);
        engine::AcknowledgedTask taken(std::get<engine::Acknowledged>(result).task_id, "");
        auto outcome = co_await follower.wait_for(std::move(taken), progress);
        helpers.cancel();
        co_await helpers.join();
        co_return outcome;
    }
    Problem failure() { return std::get<Problem>(submit()); }
    std::variant<engine::TaskPage, Problem> look_up(std::vector<std::string> ids) {
        engine::TaskQuery query;
        query.ids = std::move(ids);
        return run(service->look_up(query));
    }
    std::optional<Problem> fetch(std::string const& url) {
        return run(service->fetch({url, 0, ""}, bytes));
    }

    Progress progress;
    Bytes bytes;
    std::unique_ptr<provider::Client> service;
};

/// Returns an answer with this status.
inline std::string answer_of(int status, std::string const& body,
                             std::string const& header_lines = "") {
    auto text = http_answer(body, header_lines);
    return text.replace(9, 6, std::to_string(status) + " Said");
}

/// Returns the problem that an answer is made into.
inline Problem problem_of(Script script) {
    ScriptServer server({std::move(script)});
    ClientFixture fix(server.url());
    auto const problem = fix.failure();
    BOOST_TEST(problem.message.find(secret) == std::string::npos);
    return problem;
}

} // namespace darkroom::test
