#include "runner/engine/run_end.hpp"

#include <cassert>

namespace darkroom::engine {

std::string_view name_of(RunEnd end) {
    switch (end) {
    case RunEnd::all_done: return "all_done";
    case RunEnd::some_failed: return "some_failed";
    case RunEnd::budget_spent: return "budget_spent";
    case RunEnd::account_empty: return "account_empty";
    case RunEnd::too_many_failures: return "too_many_failures";
    case RunEnd::account_refused: return "account_refused";
    case RunEnd::interrupted: return "interrupted";
    case RunEnd::disk_failed: return "disk_failed";
    case RunEnd::input_failed: return "input_failed";
    case RunEnd::no_room: return "no_room";
    case RunEnd::ledger_failed: return "ledger_failed";
    case RunEnd::ledger_away: return "ledger_away";
    case RunEnd::shard_taken: return "shard_taken";
    case RunEnd::wrong_http: return "wrong_http";
    }
    assert(false);
    return "";
}

} // namespace darkroom::engine
