#include "runner/cli/stop_signals.hpp"

#include "runner/cli/exit_code.hpp"
#include "runner/cli/host.hpp"
#include "runner/cli/script_forms.hpp"
#include "runner/report/script_lines.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <csignal>
#include <string>
#include <string_view>
#include <unistd.h>

namespace darkroom::cli {

namespace asio = boost::asio;

namespace {

constexpr int stop_signals[] = {SIGINT, SIGTERM, SIGHUP};

bool is_ignored(int signal) {
    struct sigaction before {};
    return ::sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN;
}

/// A text that a signal handler writes. The places of its times are filled in at that moment.
struct PreparedText {
    std::array<char, 4096> text{};
    std::size_t size = 0;
    std::array<std::size_t, 4> times{}; ///< Where they begin; 0 for none.
};

PreparedText for_stderr;
PreparedText for_stdout;

constexpr std::string_view farewell = "Stopped. This run has sent nothing.";
constexpr std::string_view no_time = "1970-01-01T00:00:00.000Z";

void put_number(char* into, int digits, long long number) {
    for (int i = digits - 1; i >= 0; --i, number /= 10)
        into[i] = static_cast<char>('0' + number % 10);
}

/// Writes the present time over no_time, with nothing but what a signal handler may do.
void put_time(char* into) {
    using namespace std::chrono;
    auto const now = SteadyClock().wall();
    auto const day = floor<days>(now);
    year_month_day const date(day);
    auto const time = duration_cast<milliseconds>(now - day).count();
    put_number(into, 4, static_cast<int>(date.year()));
    put_number(into + 5, 2, static_cast<unsigned>(date.month()));
    put_number(into + 8, 2, static_cast<unsigned>(date.day()));
    put_number(into + 11, 2, time / 3'600'000);
    put_number(into + 14, 2, time / 60'000 % 60);
    put_number(into + 17, 2, time / 1000 % 60);
    put_number(into + 20, 3, time % 1000);
}

void prepare(PreparedText& prepared, std::string_view text) {
    prepared = PreparedText();
    prepared.size = text.copy(prepared.text.data(), prepared.text.size());
    std::size_t at = 0;
    for (auto& time : prepared.times) {
        at = text.find(no_time, at + 1);
        if (at >= prepared.size) break;
        time = at;
    }
}

void write_prepared(int descriptor, PreparedText& prepared) {
    for (auto const time : prepared.times)
        if (time != 0) put_time(prepared.text.data() + time);
    [[maybe_unused]] auto const written = ::write(descriptor, prepared.text.data(), prepared.size);
}

/// Only what a signal handler may call. The files of a run directory survive an end at any moment.
extern "C" void end_calmly(int) {
    write_prepared(STDOUT_FILENO, for_stdout);
    write_prepared(STDERR_FILENO, for_stderr);
    ::_exit(static_cast<int>(ExitCode::interrupted));
}

volatile std::sig_atomic_t noted_stop = 0;

extern "C" void note_stop(int) { noted_stop = 1; }

std::string lines_at_end() {
    if (!promised().lines) return fmt::format("\n{}\n", farewell);
    report::Closing closing;
    closing.exit = static_cast<int>(ExitCode::interrupted);
    report::Worded const said{std::string(farewell), report::Ink::plain, false};
    return json::write(report::to_line(said, WallTime())) + "\n" +
           json::write(end_line(closing, reason_of(ExitCode::interrupted), WallTime())) + "\n";
}

std::string object_at_end() {
    if (!promised().object) return {};
    jobs::Finding error;
    error.text = farewell;
    json::Array errors;
    errors.push_back(report::to_json(error));
    return json::write(early_end(ExitCode::interrupted, std::move(errors))) + "\n";
}

} // namespace

void stop_before_the_run() {
    prepare(for_stderr, lines_at_end());
    prepare(for_stdout, object_at_end());
    for (int const signal : stop_signals)
        if (!is_ignored(signal)) std::signal(signal, end_calmly);
}

namespace {

/// Lets a host end the run, as long as it lives.
class Attached {
public:
    Attached(Host& host, std::function<void()> stop) : host_(host) {
        host_.attach(std::move(stop));
    }
    Attached(Attached const&) = delete;
    Attached& operator=(Attached const&) = delete;
    ~Attached() { host_.attach({}); }

private:
    Host& host_;
};

asio::awaitable<void> watch_host(Host& host, std::function<void()> stop) {
    auto const executor = co_await asio::this_coro::executor;
    Attached const attached(host, [executor, stop] { asio::post(executor, stop); });
    asio::steady_timer forever(executor, asio::steady_timer::time_point::max());
    co_await forever.async_wait(asio::use_awaitable);
}

} // namespace

asio::awaitable<void> watch_for_stops(Host* host, std::function<void()> stop) {
    if (host != nullptr) co_return co_await watch_host(*host, std::move(stop));
    auto const executor = co_await asio::this_coro::executor;
    asio::signal_set signals(executor);
    add_stop_signals(signals);
    for (;;) {
        co_await signals.async_wait(asio::use_awaitable);
        stop();
    }
}

void note_stop_signals() {
    noted_stop = 0;
    for (int const signal : stop_signals)
        if (!is_ignored(signal)) std::signal(signal, note_stop);
}

void forget_stop_signals() {
    for (int const signal : stop_signals)
        if (!is_ignored(signal)) std::signal(signal, SIG_DFL);
}

bool has_noted_stop() { return noted_stop != 0; }

void add_stop_signals(boost::asio::signal_set& signals) {
    for (int const signal : stop_signals)
        if (!is_ignored(signal)) signals.add(signal);
}

} // namespace darkroom::cli
