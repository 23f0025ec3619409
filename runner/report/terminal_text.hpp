// Text for a terminal: its width, safe cuts, and no escape sequences. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace darkroom::report {

/// Returns the columns that `text` (UTF-8) takes on a terminal: 2 for East Asian wide characters
/// and emoji, 0 for combining marks and joiners. Control characters and broken bytes count as one
/// column, as printable() shows them.
std::size_t columns_of(std::string_view text);

/// Returns the text without anything that a terminal would obey: each control character and each
/// broken byte becomes one visible character, line breaks become blanks, direction marks are
/// dropped. Prompts and the service's messages go through this before they are shown.
std::string printable(std::string_view text);

/// Returns JSON text in which each character that a terminal would obey is written as an escape:
/// the same value for those who read it. A broken byte becomes U+FFFD.
std::string harmless_json(std::string_view json);

/// Returns printable text of at most `columns`; a cut is shown by "…". A wide character or one with
/// its marks is kept whole or left out.
std::string cut(std::string_view text, std::size_t columns);

/// Returns cut(), then blanks up to exactly `columns`.
std::string fit(std::string_view text, std::size_t columns);

/// Returns fit(), with the cut in the middle: the end of a name tells it from others.
std::string fit_middle(std::string_view text, std::size_t columns);

/// The colours in use. ink() returns the text unchanged unless `on`.
enum class Ink { plain, good, bad, busy, faint, bold };
std::string ink(Ink colour, std::string_view text, bool on);
/// Returns columns_of() a line that holds pieces of ink().
std::size_t inked_columns(std::string_view line);

} // namespace darkroom::report
