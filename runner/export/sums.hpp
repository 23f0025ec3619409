// Lists of digests, as `sha256sum` reads them.
#pragma once

#include <functional>
#include <string_view>

namespace darkroom::exports {

struct SumLine {
    std::string_view sha256;
    std::string_view name;
};

/// Passes each line of a SHA256SUMS; returns the number of lines that are none.
std::size_t for_each_sum(std::string_view text, std::function<void(SumLine const&)> const& take);

} // namespace darkroom::exports
