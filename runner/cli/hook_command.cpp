#include "runner/cli/hook_command.hpp"

#include "runner/base/time_text.hpp"
#include "runner/cli/child_process.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/stop_signals.hpp"
#include "runner/store/file.hpp"

#include <fmt/format.h>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string_view>

namespace darkroom::cli {

namespace {

constexpr Duration time_to_end = std::chrono::seconds(3); ///< From SIGTERM to SIGKILL.
constexpr Duration between_checks = std::chrono::milliseconds(200);
constexpr std::size_t held_bytes_max = 16u << 20;

bool is_program(std::string const& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
}

bool is_in_path(std::string const& name) {
    auto const folders = environment("PATH");
    std::string_view left = folders.empty() ? "/bin:/usr/bin" : std::string_view(folders);
    for (;;) {
        auto const folder = left.substr(0, left.find(':'));
        if (is_program(folder.empty() ? name : fmt::format("{}/{}", folder, name))) return true;
        if (folder.size() == left.size()) return false;
        left.remove_prefix(folder.size() + 1);
    }
}

/// Ends the program and all of its children that are still in its process group. The number of the
/// group is not given to another one while it has a member.
std::string end_group(pid_t child) {
    SteadyClock const clock;
    auto const latest = clock.now() + time_to_end;
    ::kill(-child, SIGTERM);
    if (!ends_by(child, latest)) ::kill(-child, SIGKILL);
    auto how = reap_child(child);
    while (::kill(-child, 0) == 0 && clock.now() < latest) ::poll(nullptr, 0, 50);
    ::kill(-child, SIGKILL);
    return how;
}

/// Waits for the end of the program; returns why it has to be ended, or "".
std::string wait_for(pid_t child, Duration deadline, HeldComplaints const& complaints) {
    SteadyClock const clock;
    auto const end = clock.now() + deadline;
    for (;;) {
        auto const next = std::min(end, clock.now() + between_checks);
        if (ends_by(child, next)) return {};
        if (has_noted_stop()) return "was stopped together with darkroom";
        if (complaints.size() > held_bytes_max) return "printed far more than expected";
        if (clock.now() >= end)
            return fmt::format("took longer than {}", format_duration(deadline));
    }
}

} // namespace

std::string why_no_program(std::string const& name) {
    if (name.find('/') == std::string::npos)
        return is_in_path(name) ? ""
                                : fmt::format("there is no program '{}' in PATH: install it, or "
                                              "write its whole path",
                                              name);
    if (is_program(name)) return {};
    if (store::exists(name)) return fmt::format("'{}' cannot be executed: use 'chmod +x'", name);
    return fmt::format("there is no program '{}'{}", name,
                       name.front() == '/' ? ""
                                           : ": a relative path begins in the working directory");
}

Result<> run_hook_command(jobs::Hook const& hook, std::string const& input,
                          std::vector<std::string> const& hidden) {
    auto const& name = hook.command.front();
    UnnamedFile summary;
    TRY(summary.fill(input));
    HeldComplaints const complaints;
    TRY_ASSIGN(pid_t const child,
               start_child({hook.command, summary.descriptor(), complaints.descriptor(),
                            complaints.descriptor(), hidden, true}));
    auto const why = wait_for(child, hook.deadline, complaints);
    auto const how = why.empty() ? reap_child(child) : end_group(child);
    complaints.print(name);
    if (why.empty() && how.empty()) return {};
    if (why.empty()) return Error(error_code(), fmt::format("'{}' {}", name, how));
    return Error(error_code(),
                 fmt::format("'{}' {}: it {}", name, why, how.empty() ? "ended then" : how));
}

} // namespace darkroom::cli
