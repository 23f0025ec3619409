// The forms in which a service may give back what was sent to it.
#pragma once

#include "runner/base/json.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace darkroom::studio {

/// A form of one JSON value. A value that a form does not suit stays as it is.
enum class Form {
    text,           ///< Any value: its JSON as a text.
    ms,             ///< Unix seconds: as milliseconds.
    us,             ///< As microseconds.
    iso,            ///< As "2026-11-28T09:00:00.125Z".
    trimmed,        ///< A text: without white space on either side.
    squeezed,       ///< With one blank for each white space, line ends included.
    long_dash,      ///< With a long dash for each `--`.
    composed,       ///< In the normal form NFC.
    decomposed,     ///< In the normal form NFD.
    escaped,        ///< With HTML entities.
    extended,       ///< With an argument added.
    decimal,        ///< With `--v 6.0` for `--v 6`.
    reordered,      ///< With its arguments in the reverse order.
    half_surrogate, ///< With an escape of half a surrogate pair at its end.
    bad_utf8,       ///< With a byte at its end that is no UTF-8.
};

/// Returns the value in this form.
json::Value in_form(json::Value value, Form form);

/// Returns the form of this name.
std::optional<Form> form_named(std::string_view name);
/// Returns "'trimed' is not known, did you mean 'trimmed'?".
std::string unknown_form(std::string_view name);

} // namespace darkroom::studio
