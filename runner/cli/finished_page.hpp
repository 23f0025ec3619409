// The page of a run that has ended: its gallery, at the address that its viewers have.
#pragma once

#include "runner/cli/run_pages.hpp"

#include <string>

namespace darkroom::cli {

/// Serves the gallery of the directory there until a signal that stops a run, such as Ctrl-C; not
/// at all if has_noted_stop(). Says so, and why it cannot. Blocks.
void keep_page(std::string const& directory, PagePlace const& place);

} // namespace darkroom::cli
