// Reads the sections of a job file besides its jobs: service, limits, retry, budget, prices,
// output.
#pragma once

#include "jobs/model/job_file.hpp"
#include "jobs/yaml/values.hpp"

namespace darkroom::jobs {

Service read_service(Member const& section, Findings& findings);
Limits read_limits(Member const& section, Findings& findings);
Retry read_retry(Member const& section, Findings& findings);
Budget read_budget(Member const& section, Findings& findings);
Prices read_prices(Member const& section, ServiceModel const& service, Findings& findings);
Output read_output(Member const& section, Findings& findings);

} // namespace darkroom::jobs
