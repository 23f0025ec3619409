#include "runner/cli/user_units.hpp"

#include "jobs/yaml/values.hpp"
#include "runner/base/sha256.hpp"
#include "runner/base/try.hpp"
#include "runner/cli/command.hpp"
#include "runner/cli/command_output.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/store/atomic_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr std::size_t unit_bytes_max = 1u << 16;
constexpr std::size_t answer_bytes_max = 1u << 16;
constexpr std::string_view unit_prefix = "darkroom-";

/// Returns the directory of the user's units; "" where there is no home. A relative directory of
/// settings counts as none, by the rules for such directories.
std::string units_folder_or_none() {
    auto folder = environment("XDG_CONFIG_HOME");
    auto const home = environment("HOME");
    if (!folder.starts_with('/')) folder = home.empty() ? "" : home + "/.config";
    return folder.empty() ? "" : folder + "/systemd/user";
}

/// Returns that directory. Throws Quit(usage).
std::string units_folder() {
    auto const folder = units_folder_or_none();
    if (folder.empty())
        throw Quit(ExitCode::usage, "there is no HOME, and so no place for the user's units");
    return folder;
}

/// Returns the file that the units of a name start; "" when they are not ours.
std::string file_started_by(std::string const& folder, std::string const& name) {
    auto const text = store::read_file(fmt::format("{}/{}.service", folder, name), unit_bytes_max);
    return text.has_value() ? file_of_unit(*text) : "";
}

/// Returns the name of the units that start a file; none when there are none.
std::optional<std::string> units_of(std::string const& folder, std::string const& file) {
    constexpr std::string_view ending = ".service";
    std::error_code failure;
    for (fs::directory_iterator at(folder, failure), end; !failure && at != end;
         at.increment(failure)) {
        auto name = at->path().filename().string();
        if (!name.starts_with(unit_prefix) || !name.ends_with(ending)) continue;
        name.resize(name.size() - ending.size());
        if (file_started_by(folder, name) == file) return name;
    }
    return std::nullopt;
}

/// Says of units in the way whose job file is gone how to remove them.
void note_gone(std::string const& folder, std::string const& name) {
    auto const other = file_started_by(folder, name);
    if (other.empty() || store::exists(other)) return;
    complain(fmt::format("warning: {} starts {}, which is gone: 'darkroom schedule {} --uninstall' "
                         "removes it",
                         name, other, name));
}

/// Returns the name for the units of a file: its own, and with a part of the digest of its path
/// where that belongs to another file, or where a unit can have no letter of it. Throws
/// Quit(usage).
std::string unit_name(std::string const& folder, std::string const& file) {
    if (auto const known = units_of(folder, file)) return *known;
    auto const stem = fs::path(file).stem().string();
    auto const slug = jobs::make_slug(stem);
    auto const plain = fmt::format("{}{}", unit_prefix, slug);
    bool const is_telling = slug != "run" || stem == slug;
    if (is_telling && !store::exists(fmt::format("{}/{}.service", folder, plain))) return plain;
    if (is_telling) note_gone(folder, plain);
    auto const name = fmt::format("{}-{}", plain, to_hex(sha256(file)).substr(0, 8));
    auto const service = fmt::format("{}/{}.service", folder, name);
    if (!store::exists(service)) return name;
    throw Quit(ExitCode::usage,
               fmt::format("{} is there, and starts another file: move it away", service));
}

void write_unit(std::string const& folder, std::string const& name, std::string const& text) {
    or_quit(store::write_atomically({folder + "/" + name + ".part", folder, name}, text));
    print_line(fmt::format("wrote {}/{}", folder, name));
}

/// Asks systemd to enable or disable a timer. Errors: it cannot be reached, or does not do it.
Result<> ask_systemd(std::string const& what, std::string const& timer) {
    TRY(output_of_command({"systemctl", "--user", "daemon-reload"}, 30s, answer_bytes_max));
    TRY(output_of_command({"systemctl", "--user", what, "--now", timer}, 30s, answer_bytes_max));
    print_line(fmt::format("ran systemctl --user {} --now {}", what, timer));
    return {};
}

/// A unit has no form for these in the name of a directory.
void check_path_of_unit(std::string const& path) {
    bool const is_usable = std::none_of(path.begin(), path.end(), [](unsigned char c) {
        return c < 0x20 || c == 0x7f || c == '\\';
    });
    if (is_usable) return;
    throw Quit(
        ExitCode::usage,
        fmt::format("a unit of systemd cannot name '{}', which has a line end or a backslash "
                    "in it",
                    path));
}

/// Returns the name of a unit as it was typed, with or without its ending; "" for a path.
std::string typed_unit(std::string const& given) {
    if (given.find('/') != given.npos || !given.starts_with(unit_prefix)) return {};
    for (std::string_view const ending : {".service", ".timer"})
        if (given.ends_with(ending)) return given.substr(0, given.size() - ending.size());
    return given;
}

} // namespace

bool install_units(Timetable const& table) {
    for (auto const& path : {table.file, table.program, table.token_file}) check_path_of_unit(path);
    auto const folder = units_folder();
    auto const name = unit_name(folder, table.file);
    or_quit(store::make_directories(folder));
    write_unit(folder, name + ".service", service_unit(table));
    write_unit(folder, name + ".timer", timer_unit(table));
    auto const enabled = ask_systemd("enable", name + ".timer");
    if (enabled.has_value())
        print_line(
            "Timers of a user run while the user is logged in; 'loginctl enable-linger' lets "
            "them run always.");
    else
        complain(fmt::format("{0}.timer is not enabled, and starts nothing: {1}. In a session of "
                             "the user run: systemctl --user daemon-reload && systemctl --user "
                             "enable --now {0}.timer",
                             name, enabled.error().message()));
    return enabled.has_value();
}

std::string scheduled_file(std::string const& given) {
    auto file = fs::absolute(given).lexically_normal().string();
    auto const folder = units_folder_or_none();
    auto const typed = typed_unit(given);
    if (folder.empty() || typed.empty() || units_of(folder, file)) return file;
    auto started = file_started_by(folder, typed);
    return started.empty() ? file : started;
}

Units uninstall_units(std::string const& file) {
    auto const folder = units_folder_or_none();
    if (folder.empty()) return Units::none;
    auto const name = units_of(folder, file);
    if (!name) return Units::none;
    auto const timer = *name + ".timer";
    auto const stopped = ask_systemd("disable", timer);
    for (auto const& unit : {timer, *name + ".service"}) {
        auto const path = fmt::format("{}/{}", folder, unit);
        or_quit(store::remove_file(path));
        print_line("removed " + path);
    }
    if (stopped.has_value()) return Units::removed;
    std::error_code ignored; // systemd's link to the timer, which it would have removed
    fs::remove(fmt::format("{}/timers.target.wants/{}", folder, timer), ignored);
    complain(fmt::format("{0} may be at work until the user's session ends: {1}. To stop it, run: "
                         "systemctl --user stop {0} && systemctl --user daemon-reload",
                         timer, stopped.error().message()));
    return Units::not_stopped;
}

} // namespace darkroom::cli
