// The place where a token or another secret is kept.
#pragma once

#include <string>
#include <vector>

namespace darkroom::jobs {

/// Where the token comes from; its value is never in a job file.
struct TokenSource {
    enum class Kind { none, env, file, command } kind = Kind::none;
    std::vector<std::string> words; ///< The variable's name, the path, or the argv.
};

} // namespace darkroom::jobs
