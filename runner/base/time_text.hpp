// Durations and dates as text.
#pragma once

#include "runner/base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace darkroom {

/// Reads "250ms", "10s", "15m", "2h", "14d", also "1.5s". Returns nothing for other text and for
/// negative durations.
std::optional<Duration> parse_duration(std::string_view text);
/// Returns the shortest text that parse_duration() reads back: "90s", "2h"; days are hours.
std::string format_duration(Duration time);
/// Returns a duration for people, rounded up to seconds: "3s", "2m 05s", "1h 07m".
std::string format_span(Duration time);

/// Returns a time such as "2026-11-23T18:16:32.125Z".
std::string format_rfc3339(WallTime time);
/// Reads the form that format_rfc3339() writes, and no other.
std::optional<WallTime> parse_rfc3339(std::string_view text);
/// Reads a date with a time of day in the forms of ISO 8601 that services write: "T", "t" or a
/// blank between them, seconds with or without a fraction (cut to milliseconds), and "Z", "+08:00",
/// "+0800", "+08" or no zone, which is read as UTC.
std::optional<WallTime> parse_iso8601(std::string_view text);
/// Reads an HTTP date in any of its three forms (RFC 9110, 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT",
/// "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994". The weekday is ignored.
std::optional<WallTime> parse_http_date(std::string_view text);
/// Returns the first of those forms; the milliseconds are dropped.
std::string format_http_date(WallTime time);

} // namespace darkroom
