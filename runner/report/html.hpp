// Texts inside an HTML page. Pure.
#pragma once

#include <string>
#include <string_view>

namespace darkroom::report {

/// Escapes `text` for HTML text and quoted attributes.
std::string html_escaped(std::string_view text);
/// Returns a path as a URL: every byte but letters, digits and `-._~/` is percent-encoded.
std::string url_of_path(std::string_view path);
/// Escapes JSON inside a script element: nothing in it may look like the end of the element.
std::string json_in_html(std::string_view json);

} // namespace darkroom::report
