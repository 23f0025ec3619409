// ledger_calls DIRECTORY [TASKS]: the calls of a task (grant, name, settle) on a ledger there, and
// the processor time of each.
#include "runner/ledger/sqlite_ledger.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <sys/resource.h>

namespace {

using namespace darkroom;

double cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    auto const seconds = used.ru_utime.tv_sec + used.ru_stime.tv_sec;
    auto const micros = used.ru_utime.tv_usec + used.ru_stime.tv_usec;
    return static_cast<double>(seconds) + static_cast<double>(micros) / 1e6;
}

boost::asio::awaitable<void> make_tasks(engine::Ledger& ledger, int tasks) {
    for (int task = 0; task < tasks; ++task) {
        engine::GrantRequest request;
        request.step = sha256(fmt::format("step {}", task));
        request.request = request.step;
        request.identity = "https://api.example.org#1";
        request.price = 26'000;
        request.places = 10;
        auto const step = request.step;
        co_await ledger.grant(std::move(request));
        auto const id = fmt::format("{:08}-0000-0000-0000-000000000000", task);
        ledger.name(step, id);
        co_await ledger.settle(step, engine::LastWord::paid, id);
    }
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("usage: ledger_calls DIRECTORY [TASKS]\n", stderr);
        return 64;
    }
    int const tasks = argc > 2 ? std::atoi(argv[2]) : 10'000;
    SteadyClock clock;
    ledger::LedgerOptions options;
    options.path = fmt::format("{}/ledger.db", argv[1]);
    options.run = "bench";
    auto const opening = cpu_seconds();
    auto opened = ledger::SqliteLedger::open(clock, std::move(options));
    if (opened.has_error()) {
        fmt::print(stderr, "{}\n", opened.error().message());
        return 74;
    }
    auto const before = cpu_seconds();
    auto const began = clock.now();
    boost::asio::io_context context;
    std::exception_ptr defect;
    boost::asio::co_spawn(context, make_tasks(**opened, tasks),
                          [&defect](std::exception_ptr error) { defect = error; });
    context.run();
    if (defect) std::rethrow_exception(defect);
    auto const cpu = cpu_seconds() - before;
    auto const wall = std::chrono::duration<double>(clock.now() - began).count();
    fmt::print("opened in {:.1f} ms CPU; {} tasks in {:.2f} s: {:.0f} us CPU a task\n",
               (before - opening) * 1e3, tasks, wall, cpu * 1e6 / tasks);
}
