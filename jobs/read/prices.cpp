#include "jobs/model/job_file.hpp"
#include "jobs/services/midjourney/action.hpp"

namespace darkroom::jobs {

Micros Prices::of(std::string_view action) const {
    if (auto const own = by_class.find(action); own != by_class.end()) return own->second;
    auto const* known = find_action(action);
    auto const of_class = known ? by_class.find(known->price) : by_class.end();
    return of_class != by_class.end() ? of_class->second : otherwise;
}

} // namespace darkroom::jobs
