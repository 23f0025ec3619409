// A real server on a free loopback port, on a thread of its own.
#pragma once

#include "runner/studio/server.hpp"

#include <boost/asio/io_context.hpp>

#include <exception>
#include <string>
#include <thread>

namespace darkroom::test {

/// Serves from construction to destruction; an exception out of the server fails the test.
class LiveService {
public:
    /// The options of a service with small pictures, 60 ms a generation, no token.
    static studio::ServerOptions quick();

    explicit LiveService(studio::ServerOptions options = quick());
    ~LiveService();

    std::uint16_t port() const { return port_; }
    std::string const& url() const { return url_; }
    /// Stops it and waits; the ledger may be read afterwards.
    void stop();
    studio::Ledger const& ledger() const { return server_.ledger(); }

private:
    SteadyClock clock_;
    boost::asio::io_context io_{1};
    studio::Server server_;
    std::uint16_t port_ = 0;
    std::string url_;
    std::exception_ptr failure_;
    std::thread thread_;
};

} // namespace darkroom::test
