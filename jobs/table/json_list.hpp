// The elements of a JSON list, one after the other, without reading the list as a whole. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace darkroom::jobs {

/// Finds the elements in a text that comes in pieces. What an element is, its reader checks.
class JsonList {
public:
    enum class Found {
        element, ///< `begin` to `end` is one.
        part,    ///< More text is needed.
        end,     ///< The list is over, and nothing but blanks follows.
        wrong    ///< `problem` says what it is instead.
    };
    struct Step {
        Found found = Found::part;
        /// The start of an element, or of a part of one: nothing before it is needed.
        std::size_t begin = 0;
        std::size_t end = 0;
        std::string_view problem = {};
    };
    /// Looks at `text`, which begins where the step before ended. `is_last`: nothing follows it.
    Step next(std::string_view text, bool is_last);

private:
    enum class Wants { opening, first, element, comma, nothing } wants_ = Wants::opening;
};

/// Returns the end of the JSON value at the front of `text`; npos when it is not complete. Brackets
/// and quotes are counted, nothing else is checked.
std::size_t json_value_end(std::string_view text, bool is_last);

} // namespace darkroom::jobs
