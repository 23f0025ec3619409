#include "runner/cli/ledger_call.hpp"

#include "runner/postgres/connection.hpp"
#include "runner/postgres/error.hpp"

namespace darkroom::cli {

postgres::LineOptions line_to(std::string url) {
    postgres::LineOptions line;
    line.url = std::move(url);
    line.patience = std::chrono::seconds(5);
    return line;
}

void refuse_password(std::string const& url) {
    auto const has_password = postgres::has_password(url);
    if (has_password.has_error()) throw Quit(ExitCode::usage, has_password.error().message());
    if (*has_password)
        throw Quit(ExitCode::usage, "others can read a password on the command line: libpq reads "
                                    "it from the file that PGPASSFILE names");
}

ExitCode exit_code_of_ledger(Error const& error) {
    if (postgres::may_pass(error)) return ExitCode::try_later;
    bool const is_unreadable = error.code == make_error_code(postgres::Errc::bad_address);
    return is_unreadable ? ExitCode::usage : ExitCode::contradiction;
}

} // namespace darkroom::cli
