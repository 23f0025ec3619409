// Masks that are files beside the job file: their bytes take the place of their names.
#pragma once

#include "jobs/yaml/node.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace darkroom::jobs {

/// Whether a `mask` is the name of a picture file; else it is an address or base64, in which there
/// is no dot.
bool is_mask_file(std::string_view text);

/// A job, or an entry of `then`, in which `change` has been at every `mask` that names a file.
NodePtr with_mask_files(NodePtr const& job, std::function<NodePtr(NodePtr const&)> const& change);

/// A job file with those masks in base64. Relative names are relative to `folder`. A file that
/// can't be one is an error at its name, which stays.
NodePtr with_masks_read(NodePtr const& root, std::string const& folder, Findings& findings);

} // namespace darkroom::jobs
