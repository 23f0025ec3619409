#include "runner/cli/command_output.hpp"

#include "runner/cli/console.hpp"
#include "runner/cli/script_forms.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

extern char** environ; // NOLINT(readability-redundant-declaration): POSIX does not declare it

namespace darkroom::cli {

namespace {

namespace errc = boost::system::errc;

Error error_of(errc::errc_t code, std::string text) {
    return Error(errc::make_error_code(code), std::move(text));
}

/// A pipe whose ends close with it.
struct Pipe {
    Pipe() { made = ::pipe2(ends.data(), O_CLOEXEC) == 0; }
    ~Pipe() {
        close(0);
        close(1);
    }
    Pipe(Pipe const&) = delete;
    Pipe& operator=(Pipe const&) = delete;
    void close(std::size_t end) {
        if (ends.at(end) >= 0) ::close(ends.at(end));
        ends.at(end) = -1;
    }
    std::array<int, 2> ends{-1, -1};
    bool made = false;
};

/// Holds what a program writes to its standard error, where ours may hold JSON lines only.
class HeldComplaints {
public:
    HeldComplaints() {
        if (promised().lines) descriptor_ = ::memfd_create("complaints", MFD_CLOEXEC);
    }
    ~HeldComplaints() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    HeldComplaints(HeldComplaints const&) = delete;
    HeldComplaints& operator=(HeldComplaints const&) = delete;

    int descriptor() const { return descriptor_; }
    /// Prints the first lines of what it holds.
    void print(std::string const& name) const {
        std::array<char, 4096> buffer{};
        if (descriptor_ < 0) return;
        auto const got = ::pread(descriptor_, buffer.data(), buffer.size(), 0);
        std::string_view text(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
        while (!text.empty()) {
            auto const line = text.substr(0, text.find('\n'));
            if (!line.empty()) complain(fmt::format("'{}': {}", name, line));
            text.remove_prefix(std::min(line.size() + 1, text.size()));
        }
    }

private:
    int descriptor_ = -1;
};

/// Starts the program. `complaints`: a file for its standard error; -1: it has ours. Returns 0 and
/// sets `failure` to an errno when that fails.
pid_t start(std::vector<std::string> const& words, Pipe const& pipe, int complaints, int& failure) {
    std::vector<char*> arguments;
    for (auto const& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, pipe.ends[1], STDOUT_FILENO);
    if (complaints >= 0)
        ::posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
    else if (promised().lines)
        ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_t attributes; // what this program ignores, the child must not
    ::posix_spawnattr_init(&attributes);
    sigset_t defaults;
    ::sigemptyset(&defaults);
    ::sigaddset(&defaults, SIGPIPE);
    ::sigaddset(&defaults, SIGXFSZ);
    ::sigaddset(&defaults, SIGUSR1);
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    pid_t child = 0;
    failure =
        ::posix_spawnp(&child, arguments.front(), &actions, &attributes, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    return failure == 0 ? child : 0;
}

/// Returns true when there is something to read before `end`.
bool is_readable_by(int descriptor, Time end) {
    SteadyClock const clock;
    for (;;) {
        auto const left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - clock.now()).count();
        pollfd waited{descriptor, POLLIN, 0};
        int const ready = left > 0 ? ::poll(&waited, 1, static_cast<int>(left)) : 0;
        if (ready >= 0 || errno != EINTR) return ready > 0;
    }
}

/// Returns true when the program ends before `end`: it may close its output and keep running.
bool ends_by(pid_t child, Time end) {
    int const descriptor = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    if (descriptor < 0) return false;
    bool const ended = is_readable_by(descriptor, end);
    ::close(descriptor);
    return ended;
}

/// Reads until the program closes its output.
Result<std::string> read_all(int descriptor, Time end, std::size_t bytes_max) {
    std::string text;
    std::array<char, 4096> buffer{};
    for (;;) {
        if (!is_readable_by(descriptor, end)) return error_of(errc::timed_out, "took too long");
        auto const got = ::read(descriptor, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_error_of(errno, "its output cannot be read");
        if (got == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(got));
        if (text.size() > bytes_max)
            return error_of(errc::message_size, "printed far more than expected");
    }
}

} // namespace

Result<std::string> output_of_command(std::vector<std::string> const& words, Duration patience,
                                      std::size_t bytes_max) {
    auto const& name = words.front();
    Pipe pipe;
    if (!pipe.made) return system_error_of(errno, "cannot make a pipe");
    int failure = 0;
    HeldComplaints const complaints;
    pid_t const child = start(words, pipe, complaints.descriptor(), failure);
    if (child == 0) return system_error_of(failure, fmt::format("cannot start '{}'", name));
    pipe.close(1);
    auto const end = SteadyClock().now() + patience;
    auto text = read_all(pipe.ends[0], end, bytes_max);
    if (text.has_value() && !ends_by(child, end)) text = error_of(errc::timed_out, "took too long");
    if (text.has_error()) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    complaints.print(name);
    if (text.has_error())
        return Error(text.error().code, fmt::format("'{}' {}", name, text.error().detail));
    if (WIFSIGNALED(status))
        return Error(error_code(),
                     fmt::format("'{}' was ended by signal {}", name, WTERMSIG(status)));
    if (WEXITSTATUS(status) != 0)
        return Error(error_code(),
                     fmt::format("'{}' ended with exit code {}", name, WEXITSTATUS(status)));
    return text;
}

} // namespace darkroom::cli
