// The sections of a job file beside its jobs: where to send, how fast, at what price, to where.
#pragma once

#include "jobs/model/job_file.hpp"
#include "jobs/yaml/values.hpp"

#include <string>

namespace darkroom::jobs {

TokenSource read_token(Member const& member, Findings& findings);
Service read_service(Member const& section, Findings& findings);
Limits read_limits(Member const& section, Findings& findings);
Retry read_retry(Member const& section, Findings& findings);
Budget read_budget(Member const& section, Findings& findings);
Prices read_prices(Member const& section, Findings& findings);
Output read_output(Member const& section, Findings& findings);

/// A letter or digit, then letters, digits, '.', '_' and '-'; at most 100 bytes.
bool is_slug(std::string_view text);
/// `text` with what a slug can't hold replaced; "run" when nothing is left.
std::string make_slug(std::string_view text);

} // namespace darkroom::jobs
