// The files that a job was read from, as they are on the disk.
#pragma once

#include "jobs/model/job_file.hpp"

#include <string>

namespace darkroom::cli {

/// Returns a mark of the files besides the job file: those it includes, wildcards, tables and the
/// user's settings, which need not exist. It is the same as long as each of them has its name, its
/// place on the disk and its times, and none has come or gone; a file that was changed and changed
/// back has another one. "" where that cannot be known: a table is standard input, or there is a
/// mask, which rows may name.
std::string mark_of_files(jobs::JobFile const& file, std::string const& user_config);

} // namespace darkroom::cli
