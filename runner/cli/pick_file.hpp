// picks.json in the run directory: the choices that people made.
#pragma once

#include "jobs/plan/picks.hpp"

#include <functional>
#include <string>

namespace darkroom::cli {

/// Reads the picks so far; none when there is no such file. Throws Quit: no_input, bad_file.
jobs::Picks load_picks(std::string const& directory);
/// Reads a picks.json at any path. Throws Quit: no_input, bad_file.
jobs::Picks read_picks_file(std::string const& path);

/// Reads, changes and writes picks.json. Two processes take turns; a run at work sees either the
/// old file or the new one, complete. Throws Quit: bad_file, disk, and whatever `change` throws;
/// then the file stays as it was.
void change_picks(std::string const& directory, std::function<void(jobs::Picks&)> const& change);

} // namespace darkroom::cli
