// A picture that waits for a person, and its choices.
#pragma once

#include "jobs/model/job_file.hpp"

#include <string>
#include <vector>

namespace darkroom::report {

struct PickCard {
    std::string key;    ///< The key of the step that made it, 64 hex digits.
    std::string name;   ///< step_name()
    std::string prompt; ///< The prompt of the item.
    std::string file;   ///< Relative to the run directory; "" when none was kept.
    bool is_grid = false;
    std::vector<std::string> actions; ///< Never empty.
    jobs::PickCount count;
};

} // namespace darkroom::report
