// `include:` and the user's own settings: files laid below the job file.
#pragma once

#include "jobs/yaml/node.hpp"

#include <deque>
#include <string>

namespace darkroom::jobs {

/// What the including file and its included ones share.
struct IncludeContext {
    Findings& findings;
    std::deque<std::string>& texts; ///< Keeps what was read for as long as the findings live.
    std::string path;               ///< Of the job file, "-" for standard input.
    std::string user_config;        ///< "" or a file that need not exist.
};

/// `root` with everything below it that it includes, and without the key. Of two mappings the upper
/// one wins key by key, see docs/job-file.md; of anything else it wins as a whole. Relative paths
/// of an included file are made absolute. What is wrong is told at the file where it stands.
NodePtr with_included(NodePtr const& root, IncludeContext const& context);

/// Folder of a path, absolute; "-" is in the working directory.
std::string folder_of(std::string const& path);

} // namespace darkroom::jobs
