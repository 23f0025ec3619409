// Other programs that this one starts: how they begin, and how one waits for their end.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace darkroom::cli {

/// The program to start, and where its streams come from and go.
struct ChildSetup {
    std::vector<std::string> const& words; ///< The argv; no shell. The program is sought in PATH.
    int input = -1;                        ///< A descriptor; -1: nothing to read.
    int output = -1;                       ///< A descriptor; -1: where its complaints go.
    int complaints = -1; ///< A descriptor; -1: ours, or nowhere where ours holds JSON lines only.
    std::vector<std::string> hidden = {}; ///< Variables of the environment that it does not get.
    bool has_own_group = false; ///< It leads a process group, by which its children can be ended.
};

/// Starts the program. The caller waits for its end. Errors: it cannot be started.
Result<pid_t> start_child(ChildSetup const& setup);

/// Returns true when there is something to read before `end`.
bool is_readable_by(int descriptor, Time end);
/// Returns true when the program ends before `end`: it may close its output and keep running.
bool ends_by(pid_t child, Time end);
/// Waits for the end of the program, and returns why it has failed, as in "ended with exit code 1";
/// "" when it has not.
std::string reap_child(pid_t child);

/// A file in memory, closed with the object.
class UnnamedFile {
public:
    UnnamedFile();
    ~UnnamedFile();
    UnnamedFile(UnnamedFile const&) = delete;
    UnnamedFile& operator=(UnnamedFile const&) = delete;

    /// Puts a text into the empty file, to be read from its beginning. Errors: no memory.
    Result<> fill(std::string_view text);
    /// Returns -1 when the file could not be made.
    int descriptor() const { return descriptor_; }

private:
    int descriptor_ = -1;
};

/// Holds what a program writes to its standard error, where ours may hold JSON lines only.
class HeldComplaints {
public:
    HeldComplaints();

    /// Returns -1 when nothing is held.
    int descriptor() const { return file_ ? file_->descriptor() : -1; }
    /// Returns how many bytes it holds.
    std::size_t size() const;
    /// Prints the first lines of what it holds.
    void print(std::string const& name) const;

private:
    std::optional<UnnamedFile> file_;
};

} // namespace darkroom::cli
