#include "runner/postgres/error.hpp"

namespace darkroom::postgres {

namespace {

std::string words_of(int value) {
    switch (static_cast<Errc>(value)) {
    case Errc::not_built: return "this program was built without PostgreSQL";
    case Errc::bad_address:
        return "not the URL of a PostgreSQL database; in it, % is written as %25";
    case Errc::unreachable: return "the ledger cannot be reached";
    case Errc::no_schema:
        return "the database has no ledger of this version: 'darkroom ledger init URL' makes it, "
               "or brings it up to date";
    case Errc::other_version: return "the ledger is of a newer version of darkroom";
    case Errc::taken_over: return "another process has taken over this shard";
    case Errc::lease_expired: return "the lease of the shard has expired";
    case Errc::other_shards: return "the campaign has another number of shards";
    case Errc::other_budget: return "the campaign has another budget";
    case Errc::went_back: return "the ledger is older than it was";
    case Errc::refused: return "the ledger has refused a statement";
    }
    return "unnamed error of the ledger";
}

} // namespace

error_code make_error_code(Errc code) {
    static RoomCategory const category("postgres", words_of);
    return {static_cast<int>(code), category};
}

bool may_pass(Error const& error) { return error.code == make_error_code(Errc::unreachable); }

} // namespace darkroom::postgres
