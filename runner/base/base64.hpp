// Base64 encoding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace darkroom {

/// Encodes bytes as in RFC 4648, section 4, with padding.
std::string to_base64(std::string_view bytes);
/// Returns nothing for a text that to_base64() does not make.
std::optional<std::string> from_base64(std::string_view text);

} // namespace darkroom
