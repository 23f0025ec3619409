#include "runner/engine/image_link.hpp"

#include "runner/base/text.hpp"

#include <charconv>

namespace darkroom::engine {

std::int64_t link_expiry(std::string_view url) {
    auto const query = url.find('?');
    if (query == std::string_view::npos) return never_expires;
    for (auto const parameter : split(url.substr(query + 1), '&')) {
        if (!parameter.starts_with("ex=")) continue;
        auto const digits = parameter.substr(3);
        std::int64_t seconds = 0;
        auto const* end = digits.data() + digits.size();
        auto const [stop, ec] = std::from_chars(digits.data(), end, seconds, 16);
        if (ec == std::errc() && stop == end && seconds > 0) return seconds;
    }
    return never_expires;
}

} // namespace darkroom::engine
