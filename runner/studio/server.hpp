// The built-in service as a whole: listens, serves, stops.
#pragma once

#include "runner/base/error.hpp"
#include "runner/studio/replay.hpp"
#include "runner/studio/tasks/ledger.hpp"
#include "runner/studio/tasks/options.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace darkroom::studio {

/// A Midjourney-style image service on this machine. Everything but the painting happens on the
/// thread of `executor`, where all calls must come from too.
///
///     Server server(io.get_executor(), clock, options);
///     auto const listening = server.listen();      // then port() and url() are known
///     tasks.spawn(server.run());                   // until stop()
class Server {
public:
    /// `clock` decides how long generations take; it must outlive the server.
    Server(boost::asio::any_io_executor executor, Clock& clock, ServerOptions options);
    ~Server();

    /// Opens the port and reads the TLS files; connections wait until run().
    /// Errors: http::Errc::bad_listen_address, http::Errc::bad_tls_files, both naming what was
    /// tried; Errc::bad_tls_files for ServerOptions::ca_file.
    Result<> listen();
    /// Keeps tasks in `directory` from now on (made if necessary), and resumes those of an earlier
    /// server: ended tasks are found again, running ones are finished. After listen(),
    /// before run(). Errors: Errc::bad_archive; also when another process has the folder.
    Result<> keep_in(std::string const& directory);
    /// Plays a recording from now on instead of doing any work. After listen(), before run().
    /// Errors: those of ReplayBook::open.
    Result<> play(ReplayTerms terms);
    std::uint16_t port() const; ///< After listen().
    std::string url() const;    ///< "http://127.0.0.1:40123", after listen(). No slash at the end.

    /// Serves until stop(). Call once, after listen(), and let it complete before the server goes.
    /// Completes: when no connection and no task is left. Errors: throws what a handler threw (a
    /// bug). Cancel: terminal, but it does not stop the server: use stop().
    boost::asio::awaitable<void> run();
    /// Ends everything: connections are closed, running tasks are abandoned, run() completes soon.
    /// May be repeated, or called before run().
    void stop();

    Ledger const& ledger() const;
    /// Open connections.
    std::size_t connections() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace darkroom::studio
