#include "jobs/model/job_file.hpp"

#include <algorithm>

namespace darkroom::jobs {

Micros Prices::of(std::string_view action) const {
    if (auto const own = by_class.find(action); own != by_class.end()) return own->second;
    auto const* known = service->find_action(action);
    auto const of_class = known ? by_class.find(known->price) : by_class.end();
    return of_class != by_class.end() ? of_class->second : otherwise;
}

int Limits::downloads_at_once() const {
    return downloads > 0 ? downloads : std::clamp(concurrency, 8, 256);
}

int Limits::landings_at_once() const { return std::min(2 * downloads_at_once(), 128); }

std::string JobFile::shown_currency() const {
    return is_local() ? "pretend " + prices.currency : prices.currency;
}

bool has_pick(std::vector<Branch> const& then) {
    return std::any_of(then.begin(), then.end(),
                       [](Branch const& branch) { return branch.pick.has_value(); });
}

bool is_leaf(std::vector<Branch> const& then, ServiceModel const& service) {
    auto const gives_text = [&service](std::string const& action) {
        return service.made_by(action) == ResultKind::text;
    };
    return has_pick(then) || std::all_of(then.begin(), then.end(), [&](Branch const& branch) {
               return std::all_of(branch.actions.begin(), branch.actions.end(), gives_text);
           });
}

} // namespace darkroom::jobs
