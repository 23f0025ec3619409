#include "runner/cli/exit_code.hpp"

#include "runner/store/error.hpp"

namespace darkroom::cli {

ExitCode exit_code_of(engine::RunEnd end) {
    using engine::RunEnd;
    switch (end) {
    case RunEnd::all_done: return ExitCode::ok;
    case RunEnd::some_failed: return ExitCode::some_failed;
    case RunEnd::budget_spent: return ExitCode::no_money;
    case RunEnd::account_empty: return ExitCode::no_money;
    case RunEnd::too_many_failures: return ExitCode::too_many_failures;
    case RunEnd::account_refused: return ExitCode::token_refused;
    case RunEnd::interrupted: return ExitCode::interrupted;
    case RunEnd::disk_failed: return ExitCode::disk;
    case RunEnd::no_room: return ExitCode::disk;
    case RunEnd::input_failed: return ExitCode::bad_file;
    }
    return ExitCode::internal;
}

ExitCode exit_code_of_store(Error const& error) {
    if (error.code == make_error_code(store::Errc::locked)) return ExitCode::locked;
    if (error.code == make_error_code(store::Errc::went_back)) return ExitCode::contradiction;
    if (error.code == make_error_code(store::Errc::bad_layout)) return ExitCode::bad_file;
    return ExitCode::disk;
}

} // namespace darkroom::cli
