// One connection to PostgreSQL. Its source is the only one that knows libpq.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/error.hpp"
#include "runner/postgres/database.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace darkroom::postgres {

/// Returns whether this program was built with libpq.
bool is_built_in();
/// Returns whether the URL holds a password, which others could read. Errors: bad_address,
/// not_built.
Result<bool> has_password(std::string const& url);

/// Speaks to the server without holding up the thread, but for the look-up of the server's name.
/// It keeps no state of a session, so that a pooler may give each statement to another server
/// process. TLS and passwords are libpq's: PGPASSFILE, sslmode. `clock` outlives it.
class Connection final : public Database {
public:
    Connection(Clock& clock, std::string url);
    ~Connection() override;
    Connection(Connection const&) = delete;
    Connection& operator=(Connection const&) = delete;

    bool is_open() const override;
    boost::asio::awaitable<Result<>> open(Time deadline) override;
    boost::asio::awaitable<Result<Rows>> ask(Statement const& statement, Time deadline) override;
    boost::asio::awaitable<Result<Rows>> run_script(std::string sql, Time deadline) override;
    void close() override;

private:
    struct State;

    boost::asio::awaitable<Result<>> start();
    boost::asio::awaitable<Result<Rows>> take_answer();
    boost::asio::awaitable<Result<Rows>> take_in_time(Time deadline);

    Clock& clock_;
    std::string url_;
    std::unique_ptr<State> state_;
};

} // namespace darkroom::postgres
