// Names with the date in them, such as `nightly-{{date}}`. Pure.
#pragma once

#include "runner/base/error.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

/// A name with `{{date}}` (2026-12-01), `{{time}}` (0300) or either with a format of its own, such
/// as `{{date:%Y-%m}}`.
class DatedName {
public:
    /// Returns whether a text has any such part; else it is a name like any other.
    static bool has_dates(std::string_view text) { return text.find("{{") != text.npos; }
    /// Errors: what is wrong with the text, as a sentence without a subject.
    static Result<DatedName> read(std::string_view text);

    /// Returns the name of this time, as a clock on the wall shows it.
    std::string at(std::chrono::local_seconds time) const;
    /// Returns the numbers of the date in a name, the year first, so that of two names the later
    /// one has the greater numbers; none where it is no name of this kind.
    std::optional<std::vector<int>> date_in(std::string_view name) const;

private:
    struct Part {
        std::string text; ///< "": a number.
        char code = 0;    ///< As after the % of strftime.
    };
    std::vector<Part> parts_;
};

} // namespace darkroom::jobs
