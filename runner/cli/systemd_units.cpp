#include "runner/cli/systemd_units.hpp"

#include "runner/base/text.hpp"

#include <fmt/format.h>

namespace darkroom::cli {

namespace {

/// Seconds, rounded up: a time that is not 0 stays one.
std::int64_t seconds_of(Duration time) {
    return std::chrono::ceil<std::chrono::seconds>(time).count();
}

/// Returns the text with `%` doubled, which begins a specifier of a unit.
std::string without_specifiers(std::string_view text) {
    std::string out;
    for (char const c : text) out.append(c == '%' ? 2 : 1, c);
    return out;
}

/// Returns a word of a command line in a unit.
std::string unit_word(std::string_view text) {
    std::string out = "\"";
    for (char const c : without_specifiers(text)) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '$') out += '$';
        out += c;
    }
    return out + '"';
}

/// Returns a word of a shell's command line in a crontab, where `%` is the end of a line.
std::string crontab_word(std::string_view text) {
    std::string out = "'";
    for (char const c : text) {
        if (c == '\'')
            out += "'\\''";
        else if (c == '%')
            out += "'\\%'";
        else
            out += c;
    }
    return out + "'";
}

constexpr std::string_view unit_description = "\nDescription=darkroom: ";

} // namespace

std::string file_of_unit(std::string_view unit) {
    auto const begin = unit.find(unit_description);
    if (begin == unit.npos) return {};
    unit.remove_prefix(begin + unit_description.size());
    auto const line = unit.substr(0, unit.find('\n'));
    std::string file;
    for (std::size_t at = 0; at < line.size(); ++at) {
        file += line[at];
        if (line.substr(at, 2) == "%%") ++at;
    }
    return file;
}

std::string service_unit(Timetable const& table) {
    auto command = fmt::format("{} run --quiet --yes --if-busy skip", unit_word(table.program));
    std::string credential;
    if (!table.token_file.empty()) {
        command += " --token-file %d/token";
        credential = fmt::format("LoadCredential=token:{}\n", without_specifiers(table.token_file));
    }
    return fmt::format(
        R"(# Written by 'darkroom schedule --install systemd'; '--uninstall' removes it.
[Unit]
Description=darkroom: {}
Documentation=man:darkroom(1)
# Each start counts against a limit, also those of the timer.
StartLimitIntervalSec=0

[Service]
Type=oneshot
WorkingDirectory={}
ExecStart={} {}
{}# A run that was stopped goes on with the next one.
SuccessExitStatus=7
# After a crash, an outage of the service, or a full disk it tries again.
Restart=on-failure
RestartSec=30min
# Another try of these would end in the same way, or needs a person.
RestartPreventExitStatus=2 3 5 64 65 66 78
TimeoutStopSec=2min
KillMode=mixed
)",
        without_specifiers(table.file), without_specifiers(table.folder), command,
        unit_word(table.file), credential);
}

std::string timer_unit(Timetable const& table) {
    std::string events;
    for (auto const& event : table.events) events += fmt::format("OnCalendar={}\n", event);
    return fmt::format(
        R"(# Written by 'darkroom schedule --install systemd'; '--uninstall' removes it.
[Unit]
Description=darkroom: {} at {}

[Timer]
{}# A start that was missed, since the machine was off, is made up for.
Persistent=true
RandomizedDelaySec={}
AccuracySec=1s

[Install]
WantedBy=timers.target
)",
        without_specifiers(table.file), table.cron, events, seconds_of(table.jitter));
}

std::string mark_in_crontab(std::string const& file) {
    return "# darkroom schedule " + crontab_word(file);
}

std::string crontab_line(Timetable const& table) {
    std::string line = table.cron + ' ';
    if (table.jitter > Duration())
        line += fmt::format("sleep \"$(shuf -i 0-{} -n 1)\"; ", seconds_of(table.jitter));
    line += fmt::format("cd {} && {} run --quiet --yes --if-busy skip", crontab_word(table.folder),
                        crontab_word(table.program));
    if (!table.token_file.empty()) line += " --token-file " + crontab_word(table.token_file);
    return fmt::format("{} {} {}", line, crontab_word(table.file), mark_in_crontab(table.file));
}

std::optional<std::string> without_job(std::string_view crontab, std::string const& file) {
    auto const mark = mark_in_crontab(file);
    std::string rest;
    bool is_found = false;
    while (!crontab.empty()) {
        auto const end = std::min(crontab.find('\n'), crontab.size());
        auto const line = crontab.substr(0, end);
        crontab.remove_prefix(std::min(end + 1, crontab.size()));
        if (line.ends_with(mark))
            is_found = true;
        else
            rest.append(line) += '\n';
    }
    return is_found ? std::optional(rest) : std::nullopt;
}

} // namespace darkroom::cli
