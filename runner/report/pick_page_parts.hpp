// The style and the script of the page, from pick_page.css and pick_page.js.
#pragma once

#include <string_view>

namespace darkroom::report {

std::string_view pick_style();
std::string_view pick_script();

} // namespace darkroom::report
