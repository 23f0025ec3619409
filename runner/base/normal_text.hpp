// Texts as services may give them back.
#pragma once

#include <string>
#include <string_view>

namespace darkroom {

/// Returns the text composed (NFC), with HTML entities resolved, long dashes as `--`, and white
/// space trimmed and squeezed to one blank: two that are equal then are taken for the same text. A
/// byte that is no UTF-8 is read as U+FFFD.
std::string normal_text(std::string_view text);

/// Returns the text by which two names are equal that only some file systems tell apart: composed
/// (NFC) and without a difference of case.
std::string folded_name(std::string_view name);

} // namespace darkroom
