// The signs of the prompt language that are recognised by their first characters: weights,
// wildcards, and signs of other programs that this language does not have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace darkroom::jobs {

/// `__name__` at the start of a text, or what looks like it.
struct WildcardMark {
    std::string_view name;  ///< Between the underscores.
    std::size_t length = 0; ///< With the underscores.
    std::string problem;    ///< Says why it is no wildcard although it looks like one; or "".
};

/// Returns nothing for underscores that are plain text: `__init`, `a __ b __ c`, `______`.
std::optional<WildcardMark> wildcard_at(std::string_view text);

/// Accepts letters, digits, blanks and some signs, in parts between '/'. A `*` makes it a glob.
bool is_wildcard_name(std::string_view text);

/// `0.3::` at the start of a text.
struct WeightMark {
    std::string_view number;
    std::size_t length = 0;              ///< With the colons and blanks before it.
    std::optional<std::uint64_t> weight; ///< In millionths; nothing when it is not a weight.
};
std::optional<WeightMark> weight_at(std::string_view text);
/// Returns the error for a weight that cannot be read.
std::string not_a_weight(std::string_view number);

/// Returns the error in a sign of another program at the start of the text: `${name}`, `{prompt}`,
/// `{~a|b}`. Returns "" when there is none.
std::string foreign_sign_at(std::string_view text);

} // namespace darkroom::jobs
