// The units by which systemd starts a job file, and the line by which cron does. Pure.
#pragma once

#include "runner/base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::cli {

/// Holds all that a start of a job file by itself needs.
struct Timetable {
    std::string program;             ///< Absolute.
    std::string file;                ///< The job file, absolute.
    std::string folder;              ///< The directory of the file.
    std::string cron;                ///< The rule as it was written.
    std::string zone;                ///< "": the machine's.
    std::string token_file;          ///< Absolute; "": the job file names all tokens.
    std::vector<std::string> events; ///< The rule in systemd's words.
    Duration jitter{};
};

std::string service_unit(Timetable const& table);
std::string timer_unit(Timetable const& table);
/// Returns the job file that a service unit of ours starts; "" for any other text.
std::string file_of_unit(std::string_view unit);

/// Returns a line of a crontab, without its end. It ends with mark_in_crontab().
std::string crontab_line(Timetable const& table);
/// Returns the comment by which the line of a job file is found again.
std::string mark_in_crontab(std::string const& file);
/// Returns the text without the lines of a job file; none when it has none.
std::optional<std::string> without_job(std::string_view crontab, std::string const& file);

} // namespace darkroom::cli
