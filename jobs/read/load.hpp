// Reads a job file: from text or a path to a JobFile or findings.
#pragma once

#include "jobs/model/job_file.hpp"
#include "jobs/yaml/finding.hpp"
#include "runner/base/error.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::jobs {

/// The result of reading a file: a JobFile when the findings have no error.
struct Loaded {
    std::optional<JobFile> file;
    std::vector<Finding> findings;
};

/// `limits.rate=2/s` from the command line; PATH is dotted, VALUE is YAML.
struct Override {
    std::string path;
    std::string value;
    std::string flag = {}; ///< The flag that was typed, such as `--rate`; "": `--set PATH`.
};

struct LoadOptions {
    std::vector<Override> overrides;
    bool strict = false;          ///< Every warning is an error.
    std::string user_config = {}; ///< The user's own settings, below the file's; may be missing.
    bool all = false;             ///< Lists every wrong row, not only the first ones.
};

/// Reads a job file's text. Never throws for bad input; every error of the file is in `findings`.
Loaded load_job_text(std::string const& text, std::string const& path, LoadOptions const& options);
/// Reads a job file from a path. A file that cannot be read is an Error (exit 66), not a finding.
Result<Loaded> load_job_file(std::string const& path, LoadOptions const& options);
} // namespace darkroom::jobs
