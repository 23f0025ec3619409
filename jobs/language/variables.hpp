// Variables of a text, and problems with their places in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace darkroom::jobs {

/// Names and their values, in the order in which they are shown.
using Variables = std::vector<std::pair<std::string, std::string>>;

/// An error in a text, with its byte.
struct TextProblem {
    std::size_t offset = 0;
    std::string text;
};

/// A name that stands in a text as `{{name}}`.
struct VariableUse {
    std::string name;
    std::size_t offset =
        0; ///< The position of the opening braces, or of the `__name__` that contains it.
    bool has_default = false;
};

/// These add and multiply without wrapping around: UINT64_MAX is "too many to count".
std::uint64_t plus(std::uint64_t a, std::uint64_t b);
std::uint64_t times(std::uint64_t a, std::uint64_t b);

/// Accepts letters, digits, '_' and '-', with no digit or '-' at the beginning.
bool is_variable_name(std::string_view text);

} // namespace darkroom::jobs
