// picks.json: what people have chosen, in the run directory.
#pragma once

#include "jobs/plan/picks.hpp"

#include <functional>
#include <string>

namespace darkroom::cli {

/// What was picked so far; nothing when there is no such file. Throws Quit: bad_file, disk.
jobs::Picks load_picks(std::string const& directory);
/// A picks.json that is anywhere. Throws Quit: no_input, bad_file.
jobs::Picks read_picks_file(std::string const& path);

/// Reads, changes and writes picks.json. Two that do so at once take turns; a run that is at work
/// sees the whole of the old file or of the new one. Throws Quit: bad_file, disk, and whatever
/// `change` throws, with the file as it was.
void change_picks(std::string const& directory, std::function<void(jobs::Picks&)> const& change);

} // namespace darkroom::cli
