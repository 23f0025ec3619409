// What all connections of a server share: their limits, and the objects that they use.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/http/exchange.hpp"

#include <cstddef>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace darkroom {
class TaskGroup;
}

namespace darkroom::http {

/// The limits of a connection in time and size. Real time, not the Clock's.
struct SessionLimits {
    Duration handshake = std::chrono::seconds(10); ///< TLS, from accept.
    Duration idle = std::chrono::seconds(60);      ///< Waiting for the next request.
    Duration body = std::chrono::seconds(60);      ///< Reading one request's body.
    Duration write = std::chrono::seconds(30);     ///< Each piece of at most 64 KiB of an answer.
    std::size_t header_bytes = 16u << 10;
    std::size_t body_bytes = 16u << 20; ///< A mask may come in base64.
};

/// The objects that all connections of a server share; they outlive the connections.
struct SessionSetup {
    Handler& handler;
    Clock& clock;                             ///< For the Date header.
    boost::asio::ssl::context* tls = nullptr; ///< Null: plain HTTP.
    std::string server;                       ///< The value of the Server header.
    SessionLimits limits;
    /// The tasks of the server; with it a connection may speak HTTP/2. Null: HTTP/1.1 alone.
    TaskGroup* group = nullptr;
};

} // namespace darkroom::http
