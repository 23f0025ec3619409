// The page on which a person picks: one file that needs no network. Pure.
#pragma once

#include "jobs/model/job_file.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::report {

/// A picture, and what can be chosen of it.
struct PickCard {
    std::string key;    ///< Of the step that made it, 64 hex digits.
    std::string name;   ///< step_name()
    std::string prompt; ///< Of the item.
    std::string file;   ///< Relative to the run directory; "" when none was kept.
    int width = 0;      ///< Of the file; 0: not known.
    int height = 0;
    bool is_grid = false;
    std::vector<std::string> actions; ///< Never empty.
    jobs::PickCount count;
};

struct PickPage {
    std::string name;      ///< Of the run.
    std::string directory; ///< The run directory, as the user may type it.
    std::string picks;     ///< The picks.json so far: what the page saves has it as well.
    std::vector<PickCard> cards;
    std::uint64_t waiting = 0; ///< In all; the page may have fewer.
};

/// HTML in UTF-8, to be put into the run directory: pictures are named relative to it. Whatever a
/// text holds, it is shown and never read as HTML.
std::string pick_page(PickPage const& page);

/// `text` where HTML has text or a quoted attribute.
std::string html_escaped(std::string_view text);
/// A path as an address: every byte but letters, digits and `-._~/` is a percent sign and two
/// digits.
std::string url_of_path(std::string_view path);

} // namespace darkroom::report
