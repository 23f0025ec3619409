// The tables and functions of the ledger.
#pragma once

namespace darkroom::postgres {

/// Makes the schema, or brings its functions up to date. It is one transaction.
extern char const* const schema_text;

} // namespace darkroom::postgres
