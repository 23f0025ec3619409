#include "runner/cli/log_file.hpp"

#include "runner/base/try.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/report/make_progress.hpp"
#include "runner/report/script_lines.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace darkroom::cli {

namespace asio = boost::asio;

namespace {

Result<store::File> open_log(std::string const& path, int more = 0) {
    return store::File::open(path, O_WRONLY | O_CREAT | O_APPEND | more);
}

/// Asio gives the signal its usual meaning back, which is to end the program.
struct IgnoredAfterwards {
    ~IgnoredAfterwards() { ignore_log_signal(); }
};

} // namespace

void ignore_log_signal() { std::signal(SIGUSR1, SIG_IGN); }

LogFile::LogFile(std::string const& path, report::Form form, Clock& clock)
    : path_(path), form_(form), clock_(clock) {
    if (path.empty()) return;
    auto file = open_log(path);
    if (file.has_error()) throw Quit(ExitCode::disk, "--log: " + file.error().message());
    file_ = std::move(*file);
    out_ = std::make_unique<report::Output>(file_.descriptor());
}

void LogFile::begin(report::Start const& start) {
    if (!out_) return;
    lines_ = report::make_progress(*out_, clock_, {form_, false, false}, start);
}

/// The new file gets the old one's descriptor, so that no line falls between the two. A pipe that
/// nobody reads is an error: to wait for its reader would hold the run up.
Result<> LogFile::reopen() {
    TRY_ASSIGN(auto const fresh, open_log(path_, O_NONBLOCK));
    out_->flush();
    if (::dup2(fresh.descriptor(), file_.descriptor()) < 0)
        return system_error_of(errno, fmt::format("cannot open '{}' again", path_));
    if (out_->broken()) earlier_ = failure();
    out_->begin_again();
    return {};
}

asio::awaitable<void> LogFile::reopen_on_signal() {
    if (!out_) co_return;
    auto const executor = co_await asio::this_coro::executor;
    IgnoredAfterwards const ignored;
    asio::signal_set signals(executor, SIGUSR1);
    for (;;) {
        co_await signals.async_wait(asio::use_awaitable);
        auto const reopened = reopen();
        if (reopened.has_error()) earlier_ = reopened.error();
    }
}

void LogFile::write_end(json::Value const& end) {
    if (!out_ || form_ != report::Form::json) return;
    out_->write(report::harmless_json(json::write(end)) + "\n");
    out_->finish(std::chrono::seconds(2));
}

Error LogFile::failure() const {
    if (!out_ || out_->failure() == 0) return earlier_;
    return system_error_of(out_->failure(), fmt::format("cannot write '{}'", path_));
}

} // namespace darkroom::cli
