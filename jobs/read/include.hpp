// Follows `include:` and adds the user's own settings: files laid below the job file.
#pragma once

#include "jobs/yaml/node.hpp"

#include <deque>
#include <string>

namespace darkroom::jobs {

/// State that the including file and its included files share.
struct IncludeContext {
    Findings& findings;
    std::deque<std::string>& texts;  ///< Keeps the texts for as long as the findings live.
    std::vector<std::string>& files; ///< Takes the absolute paths of the included files.
    std::string path;                ///< The path of the job file, "-" for standard input.
    std::string user_config;         ///< "" or a file that need not exist.
};

/// Returns `root` with everything below it that it includes, and without the key. The upper of two
/// mappings wins key by key, see docs/job-file.md; the upper one of any other two values wins as a
/// whole. Relative paths of an included file are made absolute. Errors are reported at their place
/// in the included file.
NodePtr with_included(NodePtr const& root, IncludeContext const& context);

} // namespace darkroom::jobs
