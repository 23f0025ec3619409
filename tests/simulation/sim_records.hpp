// The service's task records, as JSON texts in the form of this world.
#pragma once

#include "tests/simulation/sim_service.hpp"

#include <string>

namespace darkroom::simulation {

/// Returns one task's record.
std::string record_of(SimService const& service, Task& task);

/// The answer to a look-up.
struct Listing {
    std::string body;
    bool is_too_large = false;
};
/// Answers the body of a request to /midjourney/tasks.
Listing list_tasks(SimService& service, json::Value const& query, std::string const& account);

} // namespace darkroom::simulation
