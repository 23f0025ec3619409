// What the ledger's calls are made over.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/error.hpp"
#include "runner/postgres/statement.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace darkroom::postgres {

/// The way to a server that makes statements. Every wait ends at a deadline. It keeps no state of a
/// session. Belongs to one thread.
class Database {
public:
    virtual ~Database() = default;

    virtual bool is_open() const = 0;
    /// Closes what is open, and connects. Errors: not_built, bad_address, unreachable. Cancel:
    /// terminal; it is closed then.
    virtual boost::asio::awaitable<Result<>> open(Time deadline) = 0;
    /// Makes one statement. Errors: unreachable, where it may have been made or not, and the
    /// connection is closed; those of the ledger's functions; refused. Cancel: terminal; it is
    /// closed then.
    virtual boost::asio::awaitable<Result<Rows>> ask(Statement const& statement, Time deadline) = 0;
    /// Makes a text of several statements, without values.
    virtual boost::asio::awaitable<Result<Rows>> run_script(std::string sql, Time deadline) = 0;
    virtual void close() = 0;
};

} // namespace darkroom::postgres
