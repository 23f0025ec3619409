// Reads small files, and lines of large ones, whatever they turn out to be: a device or a pipe may
// have no end, and a file no line ends.
#pragma once

#include "runner/base/error.hpp"

#include <cstddef>
#include <iosfwd>
#include <string>

namespace darkroom {

/// Reads a file, a device or a pipe to its end. Errors: the system's; file_too_large for more than
/// `most` bytes.
Result<std::string> read_whole_file(std::string const& path, std::size_t most);

/// The end of a line, or the reason that there is none.
enum class LineEnd { found, end_of_file, too_long };
/// Reads the next line into `line`, without its end. At the end of the file `line` has the bytes
/// behind the last line end; one of more than `most` bytes is cut there.
LineEnd read_line(std::istream& file, std::string& line, std::size_t most);

} // namespace darkroom
