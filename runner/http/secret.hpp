// A part of an address that nobody can guess.
#pragma once

#include <string>

namespace darkroom::http {

/// Returns 128 random bits of the system as 32 hexadecimal digits.
std::string make_secret();

} // namespace darkroom::http
