#include "runner/cli/finished_page.hpp"

#include "runner/base/try.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/stop_signals.hpp"
#include "runner/http/host_guard.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>

namespace darkroom::cli {

namespace asio = boost::asio;

namespace {

constexpr std::size_t finished_connections_max = 64;

http::ServerSetup finished_setup() {
    http::ServerSetup setup;
    setup.connections_max = finished_connections_max;
    return setup;
}

/// Answers with the gallery and its pictures.
class FinishedHandler final : public http::Handler {
public:
    FinishedHandler(std::string directory, std::string const& secret)
        : pages_(std::move(directory), ServedRun::over), top_("/" + secret + "/") {}

    asio::awaitable<void> handle(http::Exchange& exchange) override;
    http::Reply refusal(int status, std::string why) override {
        return plain_reply(status, std::move(why));
    }

private:
    RunPages pages_;
    std::string top_;
};

asio::awaitable<void> FinishedHandler::handle(http::Exchange& exchange) {
    auto const& method = exchange.request().method;
    auto path = exchange.request().path;
    http::Reply reply = plain_reply(404, "there is nothing here");
    if (method != "GET" && method != "HEAD") {
        reply = plain_reply(405, "use GET");
    } else if (path.starts_with(top_)) {
        path.erase(0, top_.size());
        reply = co_await pages_.reply_to(exchange, std::move(path));
    }
    co_await pages_.send(exchange, std::move(reply));
}

/// Serves until a signal comes, or has come since the run ended.
asio::awaitable<void> serve_until_stopped(http::Server& server, http::Handler& handler) {
    auto const executor = co_await asio::this_coro::executor;
    TaskGroup group(executor);
    server.serve_in(group, handler);
    asio::signal_set signals(executor);
    add_stop_signals(signals);
    bool const is_stopped = has_noted_stop();
    if (!is_stopped) {
        complain("The page is the gallery of the run now; Ctrl-C ends it.");
        co_await signals.async_wait(asio::use_awaitable);
    }
    group.cancel();
    co_await group.join();
}

Result<> serve_finished_page(std::string const& directory, PagePlace const& place) {
    SteadyClock clock;
    asio::io_context context(1);
    FinishedHandler handler(directory, place.secret);
    http::HostGuard guard(handler, {place.at.host, {}});
    http::Server server(context.get_executor(), clock, finished_setup());
    TRY(server.listen(place.at));
    std::exception_ptr defect;
    asio::co_spawn(context, serve_until_stopped(server, guard),
                   [&defect](std::exception_ptr error) { defect = error; });
    context.run();
    if (defect) std::rethrow_exception(defect);
    return {};
}

} // namespace

/// The run is over and its directory is free: whatever happens here changes nothing of it.
void keep_page(std::string const& directory, PagePlace const& place) {
    std::string why;
    try {
        auto const served = serve_finished_page(directory, place);
        if (served.has_error()) why = served.error().message();
    } catch (std::exception const& error) {
        why = error.what();
    }
    if (!why.empty()) complain("warning: the page cannot stay: " + why);
}

} // namespace darkroom::cli
