// The log of a run: a second display in a file.
#pragma once

#include "runner/report/display_options.hpp"
#include "runner/report/output.hpp"
#include "runner/report/progress.hpp"
#include "runner/store/file.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace darkroom::cli {

/// Lets SIGUSR1, by which a log is opened again, end nothing while no log waits for it.
void ignore_log_signal();

/// Appends lines to a file, whatever the terminal shows.
class LogFile {
public:
    /// "" for no log. `form`: plain or json. The clock outlives it. Throws Quit: disk.
    LogFile(std::string const& path, report::Form form, Clock& clock);
    /// Begins to write.
    void begin(report::Start const& start);
    /// Returns its display; null without a log, and before begin().
    report::Progress* lines() { return lines_.get(); }
    /// Opens the file again at each SIGUSR1, as logrotate needs it. Without a log it returns at
    /// once. Cancel: terminal.
    boost::asio::awaitable<void> reopen_on_signal();
    /// Writes the object with the end of the run, in a log of objects.
    void write_end(json::Value const& end);
    /// Returns why the log ends before the run; without a code when it is complete.
    Error failure() const;

private:
    Result<> reopen();

    std::string path_;
    report::Form form_;
    Clock& clock_;
    store::File file_;
    std::unique_ptr<report::Output> out_;
    std::unique_ptr<report::Progress> lines_;
    Error earlier_; ///< Why it could not be written or opened at some time.
};

} // namespace darkroom::cli
