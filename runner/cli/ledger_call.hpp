// Questions to a ledger of many machines, besides those of a run.
#pragma once

#include "runner/cli/exit_code.hpp"
#include "runner/postgres/connection.hpp"
#include "runner/postgres/error.hpp"
#include "runner/postgres/ledger_admin.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace darkroom::cli {

/// Returns the way to a database, with the patience of a person who waits.
inline postgres::LineOptions line_to(std::string url) {
    postgres::LineOptions line;
    line.url = std::move(url);
    line.patience = std::chrono::seconds(5);
    return line;
}

/// Refuses a password on the command line, where others can read it. Throws Quit: usage.
inline void refuse_password(std::string const& url) {
    auto const has_password = postgres::has_password(url);
    if (has_password.has_error()) throw Quit(ExitCode::usage, has_password.error().message());
    if (*has_password)
        throw Quit(ExitCode::usage, "others can read a password on the command line: libpq reads "
                                    "it from the file that PGPASSFILE names");
}

inline ExitCode exit_code_of_ledger(Error const& error) {
    if (postgres::may_pass(error)) return ExitCode::try_later;
    bool const is_unreadable = error.code == make_error_code(postgres::Errc::bad_address);
    return is_unreadable ? ExitCode::usage : ExitCode::contradiction;
}

/// Runs a task on a loop of its own. Throws Quit: try_later, where the database cannot be reached;
/// usage, where its URL cannot be read; contradiction, where it has no ledger.
template <class T>
T made(boost::asio::io_context& context, boost::asio::awaitable<Result<T>> task) {
    std::optional<Result<T>> done;
    std::exception_ptr defect;
    auto on_end = [&](std::exception_ptr why, Result<T> result) {
        defect = why;
        done = std::move(result);
    };
    boost::asio::co_spawn(context, std::move(task), on_end);
    context.run();
    if (defect) std::rethrow_exception(defect);
    if (done->has_error())
        throw Quit(exit_code_of_ledger(done->error()), "the ledger: " + done->error().message());
    if constexpr (!std::is_void_v<T>) return std::move(**done);
}

} // namespace darkroom::cli
