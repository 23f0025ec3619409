// The page of a run that has ended: its gallery, at the address that its viewers have.
#pragma once

#include "runner/base/error.hpp"
#include "runner/cli/run_pages.hpp"

#include <functional>
#include <string>

namespace darkroom::cli {

/// Serves the gallery of the directory there until a signal that stops a run, such as Ctrl-C.
/// `on_ready` is called when it is served. Blocks. Errors: http::Errc::bad_listen_address.
Result<> serve_finished_page(std::string const& directory, PagePlace const& place,
                             std::function<void()> const& on_ready);

} // namespace darkroom::cli
