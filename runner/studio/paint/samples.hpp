// Built-in input images, for job files that must work without the Internet.
#pragma once

#include "runner/studio/paint/picture.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::studio {

/// `http://samples.darkroom.invalid/road.png` stands for the sample `road` in every service:
/// the domain does not exist, and no request is made for it.
inline constexpr std::string_view sample_host = "http://samples.darkroom.invalid/";
inline constexpr Size sample_size{768, 512};

/// Returns "road", "bear", "chainsaw"…
std::vector<std::string_view> sample_names();
/// Returns the picture of `NAME.png`; nothing for an unknown name.
std::optional<Picture> sample_picture(std::string_view file_name);
/// Returns the file name of a link to a sample, or nothing for any other link.
std::optional<std::string_view> sample_of_link(std::string_view link);

} // namespace darkroom::studio
