// The skeleton, the style and the script of the gallery, from the files in page/.
#pragma once

#include <string_view>

namespace darkroom::report {

std::string_view gallery_skeleton();
std::string_view gallery_style();
std::string_view gallery_script();
/// These have what the page of a run at work has besides.
std::string_view live_gallery_script();
std::string_view live_gallery_style();

} // namespace darkroom::report
