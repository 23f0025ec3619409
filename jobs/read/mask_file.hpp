// Reads masks that are files next to the job file into the job file.
#pragma once

#include "jobs/yaml/node.hpp"

#include <functional>
#include <string>

namespace darkroom::jobs {

/// Returns a job, or an entry of `then`, with `change` applied to every `mask` that names a file.
NodePtr with_mask_files(NodePtr const& job, std::function<NodePtr(NodePtr const&)> const& change);

/// Returns a job file with those masks in base64. Relative names are relative to `folder`. A file
/// that cannot be a mask is an error at its name, which stays.
NodePtr with_masks_read(NodePtr const& root, std::string const& folder, Findings& findings);

} // namespace darkroom::jobs
