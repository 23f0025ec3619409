// Brings the rows of a journal's steps up to date with their facts.
#pragma once

#include "runner/base/error.hpp"

#include <cstdint>
#include <string>

namespace darkroom::store {

/// The steps that version 0.1 gave up, although nobody knew whether they were paid.
struct Refolded {
    std::int64_t unknown = 0; ///< They are looked up now.
    std::int64_t wanted = 0;  ///< Their requests never left: they are sent now.
};

/// Version 0.1 gave up steps that are looked up or sent again today; see Failed::by_0_1. Their rows
/// are brought up to date, once: later calls change nothing. Durable when it returns. Errors: of
/// the journal.
Result<Refolded> refold_steps(std::string const& journal);

} // namespace darkroom::store
