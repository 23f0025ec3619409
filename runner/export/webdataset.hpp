// Tar files of samples, as WebDataset reads them.
#pragma once

#include "runner/export/sample.hpp"

#include <memory>

namespace darkroom::exports {

/// Writes SPLIT-000000.tar, …, each of about Options::shard_bytes, and index.json. A shard that an
/// earlier start has finished is kept if it has the same samples and the same bytes. `out` and
/// `options` outlive it. Errors: not_built.
Result<std::unique_ptr<FormatWriter>> make_webdataset(OutputDirectory& out, Options const& options);

} // namespace darkroom::exports
