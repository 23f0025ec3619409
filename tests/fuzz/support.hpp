// Functions that the fuzz targets share. A target is one function of bytes; it states its
// conditions with require(), which aborts the program: libFuzzer then keeps the bytes.
#pragma once

#include "runner/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Checks one input; libFuzzer or replay.cpp calls it. Always returns 0.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace darkroom::fuzz {

/// Aborts with `text` unless `holds`.
void require(bool holds, std::string_view text);

std::string_view text_of(std::uint8_t const* data, std::size_t size);

/// Returns the text in pieces. Their sizes depend on the text alone, so that an input needs no
/// bytes for them: a corpus file is a plain answer, image or stream.
std::vector<std::string_view> cut(std::string_view text);
/// Returns a piece for each byte.
std::vector<std::string_view> cut_everywhere(std::string_view text);

/// Returns "category:number: text" for comparisons, or "" when there is no error.
std::string shown(Error const& error);

} // namespace darkroom::fuzz
