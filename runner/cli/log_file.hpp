// The log of a run: a second display in a file.
#pragma once

#include "runner/report/output.hpp"
#include "runner/report/progress.hpp"
#include "runner/store/file.hpp"

#include <memory>
#include <string>

namespace darkroom::cli {

/// Appends plain lines to a file, whatever the terminal shows.
class LogFile {
public:
    /// "" for no log. The clock outlives it. Throws Quit: disk.
    LogFile(std::string const& path, Clock& clock);
    /// Returns its display; null without a log.
    report::Progress* lines() { return lines_.get(); }
    /// Returns why the log ends before the run; without a code when it is complete.
    Error failure() const;

private:
    std::string path_;
    store::File file_;
    std::unique_ptr<report::Output> out_;
    std::unique_ptr<report::Progress> lines_;
};

} // namespace darkroom::cli
