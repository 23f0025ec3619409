// A folder for people: pictures under readable names, and a page that shows them.
#pragma once

#include "runner/export/sample.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace darkroom::exports {

/// Returns the text as HTML shows it, in an attribute too. What is no UTF-8 becomes U+FFFD.
std::string html_text(std::string_view text);
/// Returns a relative link to a file of this name in the same directory.
std::string link_to(std::string_view name);
/// Returns the part of the page that shows one picture.
std::string figure_of(Sample const& sample);

/// Writes the pictures at the top of the directory, their captions if they are wanted, and
/// contact-sheet.html, -2, … with five hundred pictures each: no script, no address outside.
std::unique_ptr<FormatWriter> make_folder(OutputDirectory& out, Options const& options);

} // namespace darkroom::exports
