// Changes of a JSON object before it is sent.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/json.hpp"
#include "runner/studio/faults/forms.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace darkroom::studio {

/// Changes of one JSON object, in this order. Members are named by their path: "request.prompt".
/// A path whose beginning is not there changes nothing.
struct Change {
    std::vector<std::string> drop;
    std::vector<std::pair<std::string, json::Value>> set;
    Duration shift = Duration::zero(); ///< Added to the three times of a record.
    std::vector<std::pair<std::string, Form>> show;
    std::vector<std::pair<std::string, std::string>> rename; ///< To the new last part of the path.
    std::size_t pad = 0; ///< The length of a text that is added as `padding`.

    bool empty() const;
};

/// Returns the object as changed.
json::Value changed(json::Value value, Change const& change);
/// Returns the JSON text of the object as changed, with the line end that it had. A text that is
/// no JSON stays as it is.
std::string changed_text(std::string_view text, Change const& change);

} // namespace darkroom::studio
