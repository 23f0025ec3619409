// Small operations on text, and the headers on spelling, times, globs and UTF-8.
#pragma once

#include "runner/base/glob.hpp"
#include "runner/base/spelling.hpp"
#include "runner/base/time_text.hpp"
#include "runner/base/utf8.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom {

/// Returns a size for people: "1.4 MB".
std::string format_bytes(std::uint64_t bytes);

/// Returns the text without blanks, tabs and line ends on either side.
std::string_view trim(std::string_view text);
/// Lower-cases ASCII letters and leaves all other bytes as they are.
std::string to_lower(std::string_view text);
/// Returns the parts between separators, empty ones included.
std::vector<std::string_view> split(std::string_view text, char separator);
/// Returns the parts with a separator between each two.
std::string join(std::span<std::string const> parts, std::string_view separator);

/// Returns the text as one word of a shell's command line: as it is where it needs no quotes.
std::string shell_word(std::string_view text);

} // namespace darkroom
