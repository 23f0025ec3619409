// What may be wrong with a ledger in PostgreSQL.
#pragma once

#include "runner/base/error.hpp"

namespace darkroom::postgres {

enum class Errc {
    not_built = 1, ///< This program cannot speak to PostgreSQL.
    bad_address,   ///< The URL is none.
    unreachable,   ///< No connection, or none that holds: it may be there later.
    no_schema,     ///< Its tables or functions are missing: `darkroom ledger init`.
    other_version, ///< Its tables are of a newer program.
    taken_over,    ///< Another process has this shard now.
    lease_expired, ///< The lease is to be renewed first.
    other_shards,  ///< The campaign has another number of shards.
    other_budget,  ///< The campaign has another budget.
    went_back,     ///< It has forgotten what it had said.
    refused,       ///< A statement has failed.
};

error_code make_error_code(Errc code);

/// Returns whether the same statement may succeed later.
bool may_pass(Error const& error);

} // namespace darkroom::postgres

template <>
struct boost::system::is_error_code_enum<darkroom::postgres::Errc> : std::true_type {};
