// A program that runs a job within itself, instead of a terminal and its signals.
#pragma once

#include "runner/engine/ports.hpp"
#include "runner/report/summary.hpp"

#include <functional>
#include <optional>
#include <string>

namespace darkroom::cli {

struct Host {
    engine::Observer& observer;
    std::function<void(std::string const& text)> say; ///< Takes what a terminal would show.
    /// Takes the function that ends the run like a Ctrl-C, which any thread may call, and at the
    /// end an empty one.
    std::function<void(std::function<void()> stop)> attach;
    std::optional<report::Closing> closing; ///< Set at the end.
};

} // namespace darkroom::cli
