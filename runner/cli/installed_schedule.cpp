#include "runner/cli/installed_schedule.hpp"

#include "runner/cli/command.hpp"
#include "runner/cli/command_output.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/cli/job_start.hpp"
#include "runner/cli/user_units.hpp"
#include "runner/store/atomic_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <unistd.h>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr std::size_t crontab_bytes_max = 1u << 20;

/// Prints the crontab, and nothing if there is none. Only crontab's own words say that there is
/// none: it has the same exit code for whatever else goes wrong.
constexpr auto crontab_script = R"(complaints=$(mktemp) || exit 2
LC_ALL=C crontab -l 2>"$complaints"
code=$?
if [ $code -ne 0 ] && grep -q '^no crontab for ' "$complaints"; then
    code=0
else
    cat "$complaints" >&2
fi
rm -f "$complaints"
exit $code)";

/// Returns the user's crontab; empty when there is none. Throws Quit(usage).
std::string crontab_of_user() {
    auto const text = output_of_command({"sh", "-c", crontab_script}, 30s, crontab_bytes_max);
    if (text.has_error())
        throw Quit(ExitCode::usage,
                   "the crontab cannot be read, and stays as it is: " + text.error().message());
    return *text;
}

void write_crontab(std::string const& text) {
    auto const folder = fs::temp_directory_path().string();
    auto const name = fmt::format("darkroom-crontab-{}", ::getpid());
    auto const path = folder + "/" + name;
    or_quit(store::write_atomically({path + ".part", folder, name}, text));
    auto const written = output_of_command({"crontab", path}, 30s, crontab_bytes_max);
    or_quit(store::remove_file(path));
    if (written.has_error())
        throw Quit(ExitCode::usage, "crontab does not take it: " + written.error().message());
}

void install_line(Timetable const& table) {
    if (table.file.find('\n') != table.file.npos)
        throw Quit(ExitCode::usage, "a crontab cannot name a file with a line end in its name");
    auto text = crontab_of_user();
    text = without_job(text, table.file).value_or(text);
    if (!text.empty() && text.back() != '\n') text += '\n';
    auto const line = crontab_line(table);
    write_crontab(text + line + '\n');
    print_line("wrote into the crontab: " + line);
}

} // namespace

std::string token_file_for(jobs::JobFile const& file, std::string const& given) {
    using Kind = jobs::TokenSource::Kind;
    if (!given.empty()) {
        if (!store::exists(given))
            throw Quit(ExitCode::no_input, fmt::format("--token-file {}: no such file", given));
        return fs::absolute(given).lexically_normal().string();
    }
    if (file.is_local()) return "";
    auto sources = std::vector{file.service.token};
    for (auto const& account : file.service.accounts) sources.push_back(account.token);
    if (!file.service.accounts.empty()) sources.erase(sources.begin());
    for (auto const& source : sources) {
        if (source.kind != Kind::env && source.kind != Kind::none) continue;
        auto const what = source.kind == Kind::env
                              ? "comes from the variable " + source.words.front()
                              : std::string("is named nowhere in the file");
        throw Quit(
            ExitCode::usage,
            fmt::format("{}: its token {}, which a run by itself does not have. Write 'token: "
                        "{{file: PATH}}', or give --token-file PATH, a file that only you can "
                        "read",
                        file.path, what));
    }
    for (auto const& source : sources) {
        if (source.kind == Kind::file && !store::exists(source.words.front()))
            throw Quit(ExitCode::no_input, fmt::format("{}: there is no file {} with the token",
                                                       file.path, source.words.front()));
    }
    bool const is_file = file.service.accounts.empty() && sources.front().kind == Kind::file;
    return is_file ? sources.front().words.front() : "";
}

void check_zone_of_cron(jobs::JobFile const& file) {
    if (file.schedule->timezone.empty()) return;
    auto const here = jobs::Zone::of_machine(""); // cron does not have our TZ
    auto const there = zone_of(file);
    constexpr int days = 800;
    auto time = std::chrono::floor<std::chrono::seconds>(SteadyClock().wall());
    bool is_same = here.has_value();
    for (int day = 0; is_same && day < days; ++day, time += 24h)
        is_same = here->ahead_at(time) == there.ahead_at(time);
    if (is_same) return;
    throw Quit(
        ExitCode::usage,
        fmt::format("{}: cron starts it in the machine's time zone, not in {}: use --install "
                    "systemd, or leave 'timezone' out",
                    file.path, there.name()));
}

ExitCode install_schedule(Timetable const& table, bool is_cron) {
    if (!is_cron) return install_units(table) ? ExitCode::ok : ExitCode::some_failed;
    install_line(table);
    return ExitCode::ok;
}

ExitCode uninstall_schedule(std::string const& given) {
    if (given.empty()) throw Quit(ExitCode::usage, "the name of the job file is empty");
    auto const file = scheduled_file(given);
    auto const units = uninstall_units(file);
    auto const crontab = output_of_command(
        {"sh", "-c", "command -v crontab >/dev/null || exit 0\n" + std::string(crontab_script)},
        30s, crontab_bytes_max);
    if (crontab.has_error())
        complain("warning: the crontab cannot be read: " + crontab.error().message());
    auto const rest = crontab.has_value() ? without_job(*crontab, file) : std::nullopt;
    if (rest) {
        write_crontab(*rest);
        print_line("removed the line from the crontab");
    }
    if (units == Units::none && !rest) print_line(fmt::format("{}: nothing starts it", file));
    return units == Units::not_stopped ? ExitCode::some_failed : ExitCode::ok;
}

} // namespace darkroom::cli
