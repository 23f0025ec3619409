// What a signed image link says about itself. Pure.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

namespace darkroom::engine {

/// When a link dies, in Unix seconds: its `ex` parameter, which is hex. The far future for a link
/// that says nothing, so that the first to die is fetched first.
/// Source: the service's signed links (`?ex=…&is=…&hm=…`).
std::int64_t link_expiry(std::string_view url);

inline constexpr std::int64_t never_expires = std::numeric_limits<std::int64_t>::max();

} // namespace darkroom::engine
