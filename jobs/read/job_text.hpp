// The text of a job file, and its folder.
#pragma once

#include "runner/base/error.hpp"

#include <string>

namespace darkroom::jobs {

/// Returns the text of a job file, "-" for standard input. Of one that is too long it returns
/// enough for load_job_text() to refuse it.
Result<std::string> read_job_text(std::string const& path);
/// Returns the absolute folder of a path; "-" is in the working directory.
std::string folder_of(std::string const& path);

} // namespace darkroom::jobs
