#include "runner/engine/image_link.hpp"

#include "runner/base/number.hpp"
#include "runner/base/text.hpp"

namespace darkroom::engine {

std::int64_t link_expiry(std::string_view url) {
    auto const query = url.find('?');
    if (query == std::string_view::npos) return never_expires;
    for (auto const parameter : split(url.substr(query + 1), '&')) {
        if (!parameter.starts_with("ex=")) continue;
        auto const seconds = parse_whole<std::int64_t>(parameter.substr(3), 16);
        if (seconds && *seconds > 0) return *seconds;
    }
    return never_expires;
}

} // namespace darkroom::engine
