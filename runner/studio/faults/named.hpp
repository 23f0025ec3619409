// Tables of the words of a fault script.
#pragma once

#include "runner/base/spelling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::studio {

/// A word and its meaning.
template <class T>
struct Named {
    std::string_view name;
    T value;
};

template <class T, std::size_t N>
std::optional<T> by_name(std::array<Named<T>, N> const& table, std::string_view name) {
    auto const found =
        std::find_if(table.begin(), table.end(), [&](auto const& row) { return row.name == name; });
    if (found == table.end()) return std::nullopt;
    return found->value;
}

/// Returns "'cutt' is not known, did you mean 'cut'?".
template <class T, std::size_t N>
std::string unknown_name(std::array<Named<T>, N> const& table, std::string_view name) {
    std::vector<std::string_view> names;
    for (auto const& row : table) names.push_back(row.name);
    return fmt::format("'{}' is not known{}", name, did_you_mean(name, names));
}

} // namespace darkroom::studio
