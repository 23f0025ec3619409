// A note in a picture that a model has made it, by exiv2: the only file that knows it is
// provenance.cpp.
#pragma once

#include "runner/base/error.hpp"

#include <string>
#include <string_view>

namespace darkroom::exports {

/// Says how to get what is missing; "" when the program was built with exiv2.
std::string why_no_provenance();
/// Returns true for formats that can hold the note.
bool takes_note(std::string_view format);
/// Returns the picture with IPTC's DigitalSourceType trainedAlgorithmicMedia in its XMP; its pixels
/// stay as they are. Errors: not_built, a picture that exiv2 cannot read.
Result<std::string> with_provenance(std::string const& picture);

} // namespace darkroom::exports
