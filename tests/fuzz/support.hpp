// What the fuzz targets share. A target is one function of bytes; what must hold of them is said
// with require(), which ends the program: libFuzzer then keeps the bytes.
#pragma once

#include "runner/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Called with each input, by libFuzzer or by replay.cpp. Always gives 0.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace darkroom::fuzz {

/// Aborts with `text` unless `holds`.
void require(bool holds, std::string_view text);

std::string_view text_of(std::uint8_t const* data, std::size_t size);

/// The text in pieces, one after the other. Where it is cut depends on the text alone, so that an
/// input needs no bytes for it: a corpus file is a plain answer, image or stream.
std::vector<std::string_view> cut(std::string_view text);
/// A piece for each byte.
std::vector<std::string_view> cut_everywhere(std::string_view text);

/// "category:number: text", to compare two outcomes by; "" when there is no error.
std::string shown(Error const& error);

} // namespace darkroom::fuzz
