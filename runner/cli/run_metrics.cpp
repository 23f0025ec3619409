#include "runner/cli/run_metrics.hpp"

#include "runner/cli/exit_code.hpp"
#include "runner/store/atomic_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace darkroom::cli {

namespace asio = boost::asio;

namespace {

/// Collectors look every 15 seconds or more.
constexpr Duration between_files = std::chrono::seconds(10);
constexpr std::size_t collectors_max = 16;

Result<> write_metrics(std::string const& path, std::string const& text) {
    auto const folder = store::parent_of(path);
    auto const name = std::filesystem::path(path).filename().string();
    // node_exporter reads every file whose name ends with .prom
    return store::write_atomically({path + ".part", folder, name}, text);
}

/// Whatever else a file holds, such as a job, is not replaced.
void check_metrics_file(std::string const& path) {
    constexpr std::string_view begin = "# HELP darkroom_";
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) return; // there is none
    if (!S_ISREG(info.st_mode))
        throw Quit(ExitCode::usage,
                   fmt::format("--metrics {}: it is no file; name one that may be replaced", path));
    std::string text(begin.size(), '\0');
    std::ifstream(path).read(text.data(), static_cast<std::streamsize>(text.size()));
    if (info.st_size > 0 && text != begin)
        throw Quit(
            ExitCode::usage,
            fmt::format("--metrics {}: it holds something else, which was not replaced; name "
                        "another file",
                        path));
}

http::Reply metrics_reply(int status, std::string body) {
    http::Reply reply;
    reply.status = status;
    reply.headers = {{"content-type", "text/plain; version=0.0.4; charset=utf-8"}};
    reply.body = std::move(body);
    return reply;
}

http::ServerSetup metrics_setup() {
    http::ServerSetup setup;
    setup.connections_max = collectors_max;
    return setup;
}

} // namespace

std::optional<http::ListenAddress> read_metrics_address(std::string const& place) {
    bool const is_path = place.find('/') != place.npos || place.find(':') == place.npos;
    if (is_path) return std::nullopt;
    auto const at = http::read_listen_address(place);
    if (!at || at->port == 0)
        throw Quit(ExitCode::usage,
                   fmt::format("--metrics '{0}': an address needs a port from 1 to 65535, as in "
                               "127.0.0.1:9100 or [::1]:9100; a file of that name is './{0}'",
                               place));
    return at;
}

RunMetrics::RunMetrics(MetricsParts parts, report::Start start)
    : parts_(std::move(parts)), metrics_(std::move(start), parts_.directory, parts_.clock) {
    auto const at = read_metrics_address(parts_.place);
    if (!at) {
        check_metrics_file(parts_.place);
        auto const written = write_metrics(parts_.place, text(std::nullopt));
        if (written.has_error())
            throw Quit(ExitCode::disk, "--metrics: " + written.error().message());
        return;
    }
    server_ = std::make_unique<http::Server>(parts_.executor, parts_.clock, metrics_setup());
    auto const listens = server_->listen(*at);
    if (listens.has_error()) throw Quit(ExitCode::usage, "--metrics: " + listens.error().message());
}

RunMetrics::~RunMetrics() { pool_.join(); }

std::string RunMetrics::text(std::optional<int> exit) const {
    return metrics_.text({parts_.load(), parts_.limits(), parts_.clock.wall(), exit});
}

void RunMetrics::serve_in(TaskGroup& group) {
    if (server_)
        server_->serve_in(group, *this);
    else
        group.spawn(write_now_and_then());
}

/// A disk that fails for a while is said once, and costs only the numbers of that while.
asio::awaitable<void> RunMetrics::write_now_and_then() {
    bool has_failed = false;
    for (;;) {
        co_await parts_.clock.sleep_for(between_files);
        std::function<Result<>()> write = [path = parts_.place, text = text(std::nullopt)] {
            return write_metrics(path, text);
        };
        auto const written = co_await on_pool(pool_, std::move(write));
        if (written.has_error() && !has_failed)
            parts_.say(
                {"warning: --metrics: " + written.error().message(), report::Ink::bad, true});
        has_failed = written.has_error();
    }
}

Result<> RunMetrics::end(int exit) {
    if (server_) return {};
    pool_.join(); // an older text does not come after this one
    return write_metrics(parts_.place, text(exit));
}

asio::awaitable<void> RunMetrics::handle(http::Exchange& exchange) {
    auto const& request = exchange.request();
    http::Reply reply = metrics_reply(404, "the numbers are at /metrics\n");
    if (request.path == "/metrics") reply = metrics_reply(200, text(std::nullopt));
    if (request.method != "GET" && request.method != "HEAD")
        reply = metrics_reply(405, "use GET\n");
    auto const sent = co_await exchange.answer(std::move(reply));
    (void)sent; // a collector may leave at any time
}

http::Reply RunMetrics::refusal(int status, std::string why) {
    return metrics_reply(status, std::move(why) + "\n");
}

} // namespace darkroom::cli
