#include "runner/cli/pick_file.hpp"

#include "runner/cli/exit_code.hpp"
#include "runner/store/atomic_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>

namespace darkroom::cli {

namespace {

std::string path_in(std::string const& directory) { return directory + "/picks.json"; }

/// Locks the directory itself, so that no lock file is left behind; run.lock is for runs.
store::File locked(std::string const& directory) {
    auto folder = store::File::open(directory, O_RDONLY | O_DIRECTORY);
    if (folder.has_error()) throw Quit(ExitCode::disk, folder.error().message());
    while (::flock(folder->descriptor(), LOCK_EX) != 0) {
        if (errno != EINTR)
            throw Quit(ExitCode::disk, store::file_error("lock", directory).message());
    }
    return std::move(*folder);
}

} // namespace

jobs::Picks read_picks_file(std::string const& path) {
    auto const text = store::read_file(path, jobs::picks_bytes_max);
    if (text.has_error()) throw Quit(ExitCode::no_input, text.error().message());
    auto picks = jobs::read_picks(*text);
    if (picks.has_error())
        throw Quit(ExitCode::bad_file,
                   fmt::format("{} is no file of picks: {}; 'darkroom pick DIR' writes a page that "
                               "saves one",
                               path, picks.error().message()));
    return std::move(*picks);
}

jobs::Picks load_picks(std::string const& directory) {
    auto const path = path_in(directory);
    return store::exists(path) ? read_picks_file(path) : jobs::Picks();
}

void change_picks(std::string const& directory, std::function<void(jobs::Picks&)> const& change) {
    auto const lock = locked(directory);
    auto picks = load_picks(directory);
    change(picks);
    auto const written = store::write_atomically(
        {path_in(directory) + ".part", directory, "picks.json"}, jobs::write_picks(picks));
    if (written.has_error()) throw Quit(ExitCode::disk, written.error().message());
}

} // namespace darkroom::cli
