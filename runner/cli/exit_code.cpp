#include "runner/cli/exit_code.hpp"

#include "runner/store/error.hpp"

namespace darkroom::cli {

namespace {

constexpr ExitMeaning all_meanings[] = {
    {ExitCode::ok, "Everything is done, except what waits for a pick."},
    {ExitCode::internal, "An internal error. Nothing is lost: run it again, and please report it."},
    {ExitCode::some_failed, "It has finished, but some steps failed, are unknown, or were left for "
                            "the next run; or files were found missing or changed."},
    {ExitCode::no_money, "The budget is spent, or the account has no balance left."},
    {ExitCode::too_many_failures, "Too many steps failed in a row."},
    {ExitCode::token_refused, "The service refused the token."},
    {ExitCode::locked, "Another run holds the run directory, or the shard."},
    {ExitCode::interrupted, "It was interrupted. Run it again to resume."},
    {ExitCode::usage, "Wrong usage, no token, or a run directory whose word needs --trust."},
    {ExitCode::bad_file, "A bad job file, or a bad row of a table; or the service does not speak "
                         "the HTTP/2 that the job file asks for."},
    {ExitCode::no_input, "An input is missing."},
    {ExitCode::disk, "The disk is full, or cannot be written."},
    {ExitCode::try_later, "The ledger of several machines cannot be reached: later it may be. What "
                          "was open is saved, and nothing more was sent."},
    {ExitCode::contradiction, "The run directory is older than it was, or contradicts itself, "
                              "or the ledger of a budget cannot be used. Nothing is bought."},
    {ExitCode::reader_gone, "The reader of standard output is gone. This never ends a run."},
};

} // namespace

std::span<ExitMeaning const> exit_meanings() { return all_meanings; }

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
    case RunEnd::ledger_failed: return ExitCode::contradiction;
    case RunEnd::ledger_away: return ExitCode::try_later;
    case RunEnd::shard_taken: return ExitCode::locked;
    case RunEnd::input_failed: return ExitCode::bad_file;
    case RunEnd::wrong_http: return ExitCode::bad_file;
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
