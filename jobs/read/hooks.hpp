// Reads the section `hooks` of a job file.
#pragma once

#include "jobs/model/hooks.hpp"
#include "jobs/yaml/values.hpp"

namespace darkroom::jobs {

Hooks read_hooks(Member const& section, Findings& findings);

} // namespace darkroom::jobs
