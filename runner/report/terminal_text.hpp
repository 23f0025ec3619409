// Text for a terminal: how wide it is, cut safely, and never a command. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace darkroom::report {

/// Columns that `text` (UTF-8) takes on a terminal: 2 for East Asian wide characters and emoji, 0
/// for combining marks and joiners. Control characters and broken bytes count as the one column
/// that printable() makes of them.
std::size_t columns_of(std::string_view text);

/// The same text without anything a terminal would obey: each control character and each broken
/// byte becomes one visible character, line breaks become blanks, direction marks are dropped.
/// Prompts and the service's messages go through this before they are shown.
std::string printable(std::string_view text);

/// At most `columns` wide, printable; what is cut off is shown by "…". A wide character or one with
/// its marks is kept whole or left out.
std::string cut(std::string_view text, std::size_t columns);

/// cut(), then blanks up to exactly `columns`.
std::string fit(std::string_view text, std::size_t columns);

/// The few colours in use. `on` decides; off gives the text unchanged.
enum class Ink { plain, good, bad, busy, faint, bold };
std::string ink(Ink colour, std::string_view text, bool on);
/// columns_of() a line that holds pieces of ink().
std::size_t inked_columns(std::string_view line);

} // namespace darkroom::report
