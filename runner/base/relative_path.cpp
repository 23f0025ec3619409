#include "runner/base/relative_path.hpp"

#include "runner/base/text.hpp"

#include <algorithm>

namespace darkroom {

bool stays_below(std::string_view path) {
    if (path.empty() || path.front() == '/' || path.find('\0') != path.npos) return false;
    auto const parts = split(path, '/');
    return std::none_of(parts.begin(), parts.end(),
                        [](std::string_view part) { return part == ".."; });
}

} // namespace darkroom
