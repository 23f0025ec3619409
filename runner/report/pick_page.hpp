// The page for picking: one HTML file that needs no network. Pure.
#pragma once

#include "jobs/model/job_file.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace darkroom::report {

/// A picture and its choices.
struct PickCard {
    std::string key;    ///< The key of the step that made it, 64 hex digits.
    std::string name;   ///< step_name()
    std::string prompt; ///< The prompt of the item.
    std::string file;   ///< Relative to the run directory; "" when none was kept.
    int width = 0;      ///< In pixels; 0: not known.
    int height = 0;
    bool is_grid = false;
    std::vector<std::string> actions; ///< Never empty.
    jobs::PickCount count;
};

struct PickPage {
    std::string name;      ///< The name of the run.
    std::string directory; ///< The run directory, as the user may type it.
    std::string picks;     ///< The picks.json so far; the page saves it along with new picks.
    std::vector<PickCard> cards;
    std::uint64_t waiting = 0; ///< All waiting pictures; the page may have fewer.
};

/// Returns HTML in UTF-8 for a file in the run directory: pictures are named relative to it. All
/// texts are escaped.
std::string pick_page(PickPage const& page);

} // namespace darkroom::report
