// `darkroom schedule FILE…`
#include "jobs/schedule/calendar.hpp"
#include "runner/base/text.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/installed_schedule.hpp"
#include "runner/cli/job.hpp"
#include "runner/cli/job_start.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

constexpr auto about_schedule =
    R"(Lists the next starts of job files; lets systemd or cron run them.
The times are those of their 'schedule:'. Sends nothing.

Examples:
  darkroom schedule nightly.yaml
  darkroom schedule nightly.yaml --list --from 2027-03-28
  darkroom schedule nightly.yaml --install systemd --token-file ~/.config/darkroom/token
  darkroom schedule *.yaml --install cron
  darkroom schedule nightly.yaml --uninstall
  darkroom schedule darkroom-nightly --uninstall      by the name of its unit
)";

constexpr int starts_listed = 5; ///< Starts of each file.

struct ScheduleOptions {
    std::vector<std::string> files;
    bool list = false;
    bool json = false;
    bool uninstall = false;
    std::string install;
    std::string from;
    std::string token_file;
};

Job scheduled_job(std::string const& path) {
    JobOptions options;
    if (path == "-")
        throw Quit(ExitCode::usage, "a job file that runs by itself has to be on the disk");
    auto job = load_job(options, path, Verbosity::errors);
    if (!job.file.schedule)
        throw Quit(
            ExitCode::bad_file,
            fmt::format("{} has no 'schedule', such as 'schedule: {{cron: \"0 3 * * *\"}}'", path));
    return job;
}

/// Returns the time of --from. Throws Quit(usage).
WallTime time_from(std::string const& text) {
    if (text.empty()) return SteadyClock().wall();
    auto const whole = text.size() == 10 ? text + "T00:00:00Z" : text;
    if (auto const time = parse_iso8601(whole)) return *time;
    throw Quit(ExitCode::usage, "--from needs a time such as 2027-03-28 or 2027-03-28T00:30:00Z");
}

/// Returns the run directory of a start.
std::string directory_at(Job job, jobs::SysSeconds start) {
    auto const name = name_at_start(job.file, start);
    return run_directory_of(named_job(std::move(job), name), "");
}

void list(Job const& job, std::string const& path, WallTime from, bool as_json) {
    auto const zone = zone_of(job.file);
    json::Array starts;
    auto time = std::chrono::floor<std::chrono::seconds>(from);
    if (!as_json)
        print_line(fmt::format("{}: {} ({})", path, job.file.schedule->text, zone.name()));
    for (int i = 0; i < starts_listed; ++i) {
        auto const start = jobs::start_after(job.file.schedule->cron, zone, time);
        if (!start) break;
        time = *start;
        auto const directory = directory_at(job, time);
        auto const at = jobs::text_of_start(zone, time);
        if (as_json)
            starts.push_back(json::Object{
                {"at", format_rfc3339(time)}, {"local", at}, {"directory", directory}});
        else
            print_line(fmt::format("  {}  {}", at, directory));
    }
    if (as_json)
        print_json(
            json::Object{{"file", path}, {"zone", zone.name()}, {"starts", std::move(starts)}});
}

Timetable timetable_of(Job const& job, std::string const& token_file) {
    auto const& schedule = *job.file.schedule;
    Timetable table;
    table.program = fs::read_symlink("/proc/self/exe").string();
    table.file = job.path;
    table.folder = fs::path(job.path).parent_path().string();
    table.cron = schedule.text;
    table.zone = schedule.timezone;
    table.jitter = schedule.jitter;
    table.events = jobs::calendar_events(schedule.cron, schedule.timezone);
    table.token_file = token_file_for(job.file, token_file);
    return table;
}

ExitCode schedule(ScheduleOptions const& options) {
    if (options.uninstall && !options.install.empty())
        throw Quit(ExitCode::usage, "--install and --uninstall exclude each other");
    auto const from = time_from(options.from);
    std::vector<std::pair<std::string, Job>> all;
    auto code = ExitCode::ok;
    for (auto const& path : options.files) {
        if (options.uninstall) {
            code = std::max(code, uninstall_schedule(path));
            continue;
        }
        all.emplace_back(path, scheduled_job(path));
    }
    for (auto const& [path, job] : all) {
        if (!options.install.empty()) {
            auto const table = timetable_of(job, options.token_file);
            if (options.install == "cron") check_zone_of_cron(job.file);
            code = std::max(code, install_schedule(table, options.install == "cron"));
        }
        if (options.list || options.install.empty()) list(job, path, from, options.json);
    }
    return code;
}

} // namespace

void add_schedule(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("schedule", about_schedule);
    command.footer(
        "Exit codes: 0 done; 2 a timer was not enabled, or not stopped; 64 usage; 65 bad "
        "job file;\n66 input missing; 74 disk. 'man darkroom' and docs/cli.md say more.");
    auto const options = std::make_shared<ScheduleOptions>();
    command.add_option("FILE", options->files, "a job file, or several").required().job_file();
    command.add_flag("--list", options->list, "list the next five starts of each");
    command.add_option("--install", options->install, "write what starts them: units or a line")
        .one_of({"systemd", "cron"})
        .type_name("KIND");
    command.add_flag("--uninstall", options->uninstall, "remove what --install has written");
    command.add_option("--from", options->from, "list the starts after this time, not after now")
        .type_name("TIME");
    command
        .add_option("--token-file", options->token_file,
                    "the file with the token, for runs that have no environment")
        .type_name("FILE");
    command.add_flag("--json", options->json, "list one JSON object a file");
    command.callback([&command_line, options] {
        command_line.action = [options] { return schedule(*options); };
    });
}

} // namespace darkroom::cli
