// The service without sockets, in simulated time.
#pragma once

#include "runner/studio/service.hpp"
#include "tests/studio/fake_exchange.hpp"
#include "tests/support/io_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>

namespace darkroom::test {

/// A service without tokens whose generations take 2 s. Change `options` before the first request.
struct HandlerFixture : IoFixture {
    studio::ServerOptions options = default_options();
    studio::PostPort call_hook;
    std::unique_ptr<studio::ServerState> state;
    std::unique_ptr<studio::Service> service;

    static studio::ServerOptions default_options() {
        studio::ServerOptions options;
        options.open = true;
        options.image_size = 128;
        options.id_seed = 3;
        options.paint_threads = 1;
        options.clips = studio::ClipFormat::webp; // whatever this machine has
        return options;
    }

    void open() {
        using namespace studio;
        if (service) return;
        state.reset(new ServerState{executor(), clock, options, options.faults,
                                    Ids(options.id_seed.value_or(1)), TaskBook(BookLimits()),
                                    Ledger(), LinkPolicy{"http://h:1", options.link_life, 1}});
        state->call_hook = call_hook;
        service = std::make_unique<Service>(*state);
    }

    /// Makes an exchange of this request, not started yet.
    std::unique_ptr<FakeExchange> exchange(http::Request request) {
        open();
        return std::make_unique<FakeExchange>(clock, std::move(request));
    }

    static http::Request post(std::string path, std::string body) {
        http::Request request;
        request.method = "POST";
        request.path = std::move(path);
        request.body = std::move(body);
        request.headers.push_back({"content-type", "application/json"});
        return request;
    }
    static http::Request imagine(std::string body, bool stream = false) {
        auto request = post("/midjourney/imagine", std::move(body));
        if (stream) request.headers.push_back({"accept", "application/x-ndjson"});
        return request;
    }

    /// Starts a request and lets no time pass. run() or poll() throws the exceptions of its
    /// handler.
    void start(FakeExchange& call) {
        auto on_end = [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        };
        boost::asio::co_spawn(context, service->handle(call), std::move(on_end));
        poll();
    }

    /// Answers a request, whatever time it takes.
    std::unique_ptr<FakeExchange> ask(http::Request request) {
        auto call = exchange(std::move(request));
        settle(*call);
        return call;
    }

    /// Lets time pass until `call` is answered and nobody sleeps. Work on the painting threads
    /// takes real time, during which the simulated time does not pass.
    void settle(FakeExchange& call) {
        bool ended = false;
        auto on_end = [&ended](std::exception_ptr failure) {
            ended = true;
            if (failure) std::rethrow_exception(failure);
        };
        boost::asio::co_spawn(context, service->handle(call), std::move(on_end));
        auto const painters = std::chrono::seconds(20);
        run();
        while (!static_cast<bool>(ended)) { // set by on_end
            context.restart();
            BOOST_REQUIRE_MESSAGE(context.run_one_for(painters) > 0, "the request hangs");
            run();
        }
    }
    std::unique_ptr<FakeExchange> ask_tasks(std::string body) {
        return ask(post("/midjourney/tasks", std::move(body)));
    }

    /// Makes a generation or follow-up and returns its image id.
    std::string image_of(std::string body) {
        auto const call = ask(imagine(std::move(body)));
        BOOST_REQUIRE_MESSAGE(call->status == 200, call->body);
        return call->json().text("image_id").value();
    }
    /// Returns the picture of a finished image.
    studio::Picture painted(std::string const& image_id) const {
        auto const task = state->tasks.find_image(image_id);
        return task->recipe ? studio::generate(*task->recipe) : task->picture;
    }
    static std::string follow_up(std::string const& action, std::string const& image_id) {
        return R"({"action": ")" + action + R"(", "image_id": ")" + image_id + R"("})";
    }
};

} // namespace darkroom::test
