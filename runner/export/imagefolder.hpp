// The layout that `load_dataset("imagefolder", data_dir=…)` of Hugging Face reads.
#pragma once

#include "runner/export/sample.hpp"

#include <memory>
#include <set>
#include <string>

namespace darkroom::exports {

/// Returns a line of metadata.jsonl: the same members in each line of an export. `variables`: the
/// names of all.
std::string metadata_line(Sample const& sample, Options const& options,
                          std::set<std::string> const& variables);

/// Writes SPLIT/NAME.png and SPLIT/metadata.jsonl. `out`, `options` and `variables` outlive it.
std::unique_ptr<FormatWriter> make_imagefolder(OutputDirectory& out, Options const& options,
                                               std::set<std::string> const& variables);

} // namespace darkroom::exports
