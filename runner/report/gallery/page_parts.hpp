// The skeleton, the style and the script of the gallery, from the files in page/.
#pragma once

#include <string_view>

namespace darkroom::report {

std::string_view gallery_skeleton();
std::string_view gallery_style();
std::string_view gallery_script();

} // namespace darkroom::report
