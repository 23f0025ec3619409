// Names of files that every system takes. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace darkroom {

/// Returns the text with `-` for control characters, `<>:"/\|?*` and the signs that change the
/// direction of a text.
std::string without_hostile_signs(std::string text);
/// Returns at most `bytes_max` bytes of the text, cut between two characters.
std::string cut_text(std::string text, std::size_t bytes_max);
/// Returns the text as the name of one file or directory: without hostile signs, dots and blanks at
/// its end, and with a `_` in front of a dot or a name that Windows gives to a device. Never empty.
std::string safe_file_name(std::string_view text, std::size_t bytes_max);

} // namespace darkroom
