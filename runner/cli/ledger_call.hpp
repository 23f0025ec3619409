// Questions to a ledger of many machines, besides those of a run.
#pragma once

#include "runner/cli/exit_code.hpp"
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
postgres::LineOptions line_to(std::string url);

/// Refuses a password on the command line, where others can read it. Throws Quit: usage.
void refuse_password(std::string const& url);

ExitCode exit_code_of_ledger(Error const& error);

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
