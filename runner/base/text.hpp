// Words, numbers and times as people write them.
#pragma once

#include "runner/base/clock.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom {

/// The candidate nearest to `word` in spelling, if near enough to be what was meant.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<std::string_view const> candidates);
/// ", did you mean 'x'?" or "".
std::string did_you_mean(std::string_view word, std::span<std::string_view const> candidates);

/// "250ms", "10s", "15m", "2h", also "1.5s". Nothing for anything else, or below zero.
std::optional<Duration> parse_duration(std::string_view text);
/// The shortest such text: "90s", "2h".
std::string format_duration(Duration time);
/// For people: "3s", "2m 05s", "1h 07m".
std::string format_span(Duration time);

/// "2026-11-23T18:16:32.125Z".
std::string format_rfc3339(WallTime time);
std::optional<WallTime> parse_rfc3339(std::string_view text);
/// An HTTP date in any of its three forms (RFC 9110, 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT",
/// "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994". The day's name is not looked at.
std::optional<WallTime> parse_http_date(std::string_view text);
/// The reverse; the milliseconds are dropped.
std::string format_http_date(WallTime time);

/// "1.4 MB".
std::string format_bytes(std::uint64_t bytes);

/// `*` stands for any run of characters.
bool glob_match(std::string_view pattern, std::string_view text);

bool is_valid_utf8(std::string_view text);
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::span<std::string const> parts, std::string_view separator);

} // namespace darkroom
