// Measures the memory and time that the client needs for many TLS streams that mostly wait.
// Usage: bench_idle_streams [STREAMS [SECONDS]]; each stream waits SECONDS between its two lines.
#include "runner/base/task_group.hpp"
#include "runner/net/http_client.hpp"
#include "runner/net/line_splitter.hpp"
#include "runner/net/pooled_exchanger.hpp"
#include "runner/net/tls_context.hpp"
#include "tests/bench/idle_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

using namespace darkroom;
namespace asio = boost::asio;

std::size_t resident_bytes() {
    std::size_t total = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    auto const seconds = [](timeval time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Bench {
    int streams = 1000;
    int waiting = 0;
    int whole = 0;
    std::string first_error;
    std::size_t resident = 0; ///< Bytes; the initial value is subtracted.
    std::size_t live = 0;     ///< Bytes of the heap in use, without malloc's reserve.
};

/// Notes the memory when the last of the streams has received its first line.
struct Lines : net::LineSink {
    explicit Lines(Bench& given) : bench(given) {}
    Result<Flow> on_line(std::string_view) override {
        if (++lines == 1 && ++bench.waiting == bench.streams) {
            bench.resident = resident_bytes() - bench.resident;
            bench.live = ::mallinfo2().uordblks - bench.live;
        }
        return Flow::more;
    }
    Bench& bench;
    int lines = 0;
};

asio::awaitable<void> one(net::HttpClient& client, Bench& bench, std::string url) {
    Lines lines(bench);
    net::PostRequest request;
    request.url = net::parse_url(url).value();
    request.accept = "application/x-ndjson";
    net::TimeLimits limits;
    limits.connect = std::chrono::minutes(2);
    auto const reply = co_await client.post_stream(std::move(request), limits, lines);
    if (reply.complete() && lines.lines == 2) ++bench.whole;
    if (reply.error.code && bench.first_error.empty()) bench.first_error = reply.error.message();
}

asio::awaitable<void> all(net::HttpClient& client, Bench& bench, std::string url) {
    TaskGroup group(co_await asio::this_coro::executor);
    for (int i = 0; i < bench.streams; ++i) group.spawn(one(client, bench, url));
    co_await group.join();
}

int number(char const* text, int otherwise) {
    return text == nullptr ? otherwise : std::atoi(text);
}

} // namespace

int main(int argc, char** argv) {
    Bench bench;
    bench.streams = number(argc > 1 ? argv[1] : nullptr, 1000);
    int const seconds = number(argc > 2 ? argv[2] : nullptr, 20);
    auto const authority = test::make_authority("bench");
    test::LeafTerms terms;
    terms.alt_names = "IP:127.0.0.1";
    auto const server = bench::start_idle_server(test::make_leaf(authority, terms), seconds);
    std::string const ca_file = fmt::format("/tmp/darkroom-bench-{}.pem", ::getpid());
    std::ofstream(ca_file) << authority.certificate;

    asio::io_context context;
    SteadyClock clock;
    net::ConnectionOptions options;
    options.tls = net::TlsContext::create(ca_file).value();
    net::HttpClient client(
        std::make_shared<net::PooledExchanger>(context.get_executor(), clock, options), clock);
    bench.resident = resident_bytes();
    bench.live = ::mallinfo2().uordblks;
    auto const started = clock.now();
    double const cpu_before = cpu_seconds();
    auto const url = fmt::format("https://127.0.0.1:{}/", server.port);
    asio::co_spawn(context, all(client, bench, url), [](std::exception_ptr) {});
    context.run();
    double const wall = std::chrono::duration<double>(clock.now() - started).count();
    bench::stop(server);
    ::unlink(ca_file.c_str());
    fmt::print("{} of {} streams whole {}\n", bench.whole, bench.streams, bench.first_error);
    auto const kilobytes = [&](std::size_t bytes) {
        return static_cast<double>(bytes) / 1e3 / bench.streams;
    };
    fmt::print("memory a waiting stream  {:8.1f} KB resident, {:.1f} KB of live heap\n",
               kilobytes(bench.resident), kilobytes(bench.live));
    fmt::print("CPU a stream             {:8.3f} ms\n",
               (cpu_seconds() - cpu_before) * 1e3 / bench.streams);
    fmt::print("wall time                {:8.2f} s, ideal {} s\n", wall, seconds);
    return bench.whole == bench.streams ? 0 : 1;
}
