// Checks on encoded text.
#pragma once

#include <string>
#include <string_view>

namespace darkroom {

/// The bytes that some editors put before the text of a UTF-8 file.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// True when the whole text is well-formed UTF-8.
bool is_valid_utf8(std::string_view text);
/// Returns the text with U+FFFD in place of each byte that belongs to no well-formed character.
std::string mended_utf8(std::string_view text);
/// Returns the text without a byte order mark at its start.
std::string_view without_byte_order_mark(std::string_view text);

} // namespace darkroom
