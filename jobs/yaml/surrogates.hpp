// JSON's escapes for characters beyond 16 bits, which YAML does not have.
#pragma once

#include <string>
#include <string_view>

namespace darkroom::jobs {

/// JSON writes such a character as a pair, "\ud83d\ude00", and YAML takes each half for a character
/// that does not exist. So pairs are marked before a YAML reader sees them: a text of the same
/// length, in which `\u` of both halves is a character that no text has. Lone halves stay.
std::string with_pairs_marked(std::string_view text);

/// A value of a text in which pairs were marked: with the characters, when escapes mean something
/// in it; else as it was.
std::string with_pairs_read(std::string_view value, bool has_escapes);

} // namespace darkroom::jobs
