#include "runner/cli/merge_output.hpp"

#include "runner/cli/exit_code.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <filesystem>

namespace darkroom::cli {

namespace {

namespace fs = std::filesystem;

/// Lies in the directory until the merge is complete.
constexpr char const* marker = "merging";

/// Returns true when nothing is lost by giving a directory this name.
bool is_free(std::string const& path) {
    std::error_code failure;
    return !store::exists(path) || (fs::is_directory(path, failure) && fs::is_empty(path, failure));
}

/// Returns true for a directory that a merge has left. What a merge writes can have any name, so a
/// file says so; before that file is there, it has no others than these.
bool is_of_a_merge(std::string const& path) {
    if (store::File::own(path + "/" + marker, O_RDONLY).has_value()) return true;
    std::error_code failure;
    fs::directory_iterator entry(path, failure);
    for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
        auto const name = entry->path().filename();
        bool const is_empty_parts = name == "parts" && fs::is_empty(entry->path(), failure);
        if (name != "run.lock" && !is_empty_parts) return false;
    }
    return !failure;
}

std::string checked(std::string output) {
    if (!is_free(output))
        throw Quit(ExitCode::usage,
                   fmt::format("{} is there already: give a new directory with --output", output));
    auto part = output + ".merging";
    if (fs::is_symlink(part) || (!is_free(part) && !is_of_a_merge(part)))
        throw Quit(ExitCode::usage, part + " is in the way, and no merge made it: move it away");
    return part;
}

void clear(store::RunFolder const& folder) {
    std::error_code failure;
    for (auto const& entry : fs::directory_iterator(folder.path(), failure)) {
        if (entry.path().filename() == "run.lock" || entry.path() == folder.parts()) continue;
        fs::remove_all(entry.path(), failure);
        if (failure) break;
    }
    if (failure)
        throw Quit(ExitCode::disk, fmt::format("{}: the files of an earlier merge cannot be "
                                               "removed: {}",
                                               folder.path(), failure.message()));
}

} // namespace

MergeOutput::MergeOutput(std::string output)
    : output_(std::move(output)), folder_(or_quit(store::RunFolder::open(checked(output_)))) {
    clear(folder_);
    or_quit(store::File::own(folder_.path() + "/" + marker, O_WRONLY | O_CREAT));
}

MergeOutput::~MergeOutput() {
    std::error_code failure; // the next merge removes what is left
    if (!finished_) fs::remove_all(folder_.path(), failure);
}

void MergeOutput::finish() {
    or_quit(store::remove_file(folder_.path() + "/" + marker));
    or_quit(folder_.rename_to(output_));
    finished_ = true;
}

} // namespace darkroom::cli
