#include "runner/cli/child_process.hpp"

#include "runner/cli/console.hpp"
#include "runner/cli/script_forms.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
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

/// Says which file each stream of the child is.
class StreamActions {
public:
    explicit StreamActions(ChildSetup const& setup) {
        ::posix_spawn_file_actions_init(&actions_);
        if (setup.input >= 0)
            ::posix_spawn_file_actions_adddup2(&actions_, setup.input, STDIN_FILENO);
        else
            ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        if (setup.complaints >= 0)
            ::posix_spawn_file_actions_adddup2(&actions_, setup.complaints, STDERR_FILENO);
        else if (promised().lines)
            ::posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        auto const output = setup.output >= 0 ? setup.output : STDERR_FILENO;
        ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    }
    ~StreamActions() { ::posix_spawn_file_actions_destroy(&actions_); }
    StreamActions(StreamActions const&) = delete;
    StreamActions& operator=(StreamActions const&) = delete;

    posix_spawn_file_actions_t const* get() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
};

/// Gives the usual meaning back to the signals that this program ignores.
class ChildAttributes {
public:
    explicit ChildAttributes(bool has_own_group) {
        ::posix_spawnattr_init(&attributes_);
        sigset_t defaults;
        ::sigemptyset(&defaults);
        ::sigaddset(&defaults, SIGPIPE);
        ::sigaddset(&defaults, SIGXFSZ);
        ::sigaddset(&defaults, SIGUSR1);
        ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
        sigset_t mask; // a library blocks these two
        ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
        ::sigdelset(&mask, SIGPIPE);
        ::sigdelset(&mask, SIGXFSZ);
        ::posix_spawnattr_setsigmask(&attributes_, &mask);
        int const group = has_own_group ? POSIX_SPAWN_SETPGROUP : 0; // its number is the child's
        int const flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | group;
        ::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
    }
    ~ChildAttributes() { ::posix_spawnattr_destroy(&attributes_); }
    ChildAttributes(ChildAttributes const&) = delete;
    ChildAttributes& operator=(ChildAttributes const&) = delete;

    posix_spawnattr_t const* get() const { return &attributes_; }

private:
    posix_spawnattr_t attributes_{};
};

/// Returns our environment without the variables of these names, and a null at its end.
std::vector<char*> environment_without(std::vector<std::string> const& hidden) {
    std::vector<char*> kept;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        std::string_view const text(*entry);
        auto const name = text.substr(0, text.find('='));
        if (std::find(hidden.begin(), hidden.end(), name) == hidden.end()) kept.push_back(*entry);
    }
    kept.push_back(nullptr);
    return kept;
}

/// Returns whether the program has ended. It stays to be waited for.
bool has_ended(pid_t child) {
    siginfo_t info{};
    constexpr int look = WEXITED | WNOHANG | WNOWAIT;
    if (::waitid(P_PID, static_cast<id_t>(child), &info, look) != 0) return errno != EINTR;
    return info.si_pid == child;
}

/// Looks again and again, for kernels and sandboxes without pidfd_open.
bool is_seen_to_end_by(pid_t child, Time end) {
    constexpr std::chrono::milliseconds longest{50};
    SteadyClock const clock;
    for (std::chrono::milliseconds pause{1};; pause = std::min(pause * 2, longest)) {
        if (has_ended(child)) return true;
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(end - clock.now());
        if (left.count() <= 0) return false;
        ::poll(nullptr, 0, static_cast<int>(std::min(pause, left).count()));
    }
}

} // namespace

UnnamedFile::UnnamedFile() : descriptor_(::memfd_create("darkroom", MFD_CLOEXEC)) {}

UnnamedFile::~UnnamedFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<> UnnamedFile::fill(std::string_view text) {
    while (!text.empty()) {
        auto const written = ::write(descriptor_, text.data(), text.size());
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
        if (written < 0 && errno != EINTR)
            return system_error_of(errno, "cannot write a file in memory");
    }
    if (::lseek(descriptor_, 0, SEEK_SET) == 0) return {};
    return system_error_of(errno, "cannot read a file in memory");
}

HeldComplaints::HeldComplaints() {
    if (promised().lines) file_.emplace();
}

std::size_t HeldComplaints::size() const {
    struct stat info {};
    bool const is_known = descriptor() >= 0 && ::fstat(descriptor(), &info) == 0;
    return is_known ? static_cast<std::size_t>(info.st_size) : 0;
}

void HeldComplaints::print(std::string const& name) const {
    std::array<char, 4096> buffer{};
    if (descriptor() < 0) return;
    auto const got = ::pread(descriptor(), buffer.data(), buffer.size(), 0);
    std::string_view text(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    while (!text.empty()) {
        auto const line = text.substr(0, text.find('\n'));
        if (!line.empty()) complain(fmt::format("'{}': {}", name, line));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
}

Result<pid_t> start_child(ChildSetup const& setup) {
    std::vector<char*> arguments;
    for (auto const& word : setup.words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    auto environment = environment_without(setup.hidden);
    StreamActions const streams(setup);
    ChildAttributes const attributes(setup.has_own_group);
    pid_t child = 0;
    int const failure = ::posix_spawnp(&child, arguments.front(), streams.get(), attributes.get(),
                                       arguments.data(), environment.data());
    if (failure != 0)
        return system_error_of(failure, fmt::format("cannot start '{}'", setup.words.front()));
    return child;
}

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

bool ends_by(pid_t child, Time end) {
    int const descriptor = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    if (descriptor < 0) return is_seen_to_end_by(child, end);
    bool const ended = is_readable_by(descriptor, end);
    ::close(descriptor);
    return ended;
}

std::string reap_child(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status)) return fmt::format("was ended by signal {}", WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return fmt::format("ended with exit code {}", WEXITSTATUS(status));
    return {};
}

} // namespace darkroom::cli
