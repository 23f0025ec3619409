// The HTTP server: listens, accepts, and serves each connection, plain or over TLS.
#pragma once

#include "runner/base/task_group.hpp"
#include "runner/http/session.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace darkroom::http {

/// The address to listen on. The host is an address ("127.0.0.1", "::1", "0.0.0.0") or "localhost".
struct ListenAddress {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0; ///< 0: any free one, see Server::port().
};
/// Reads "ADDRESS:PORT" or "[ADDRESS]:PORT"; the address may be missing (":8080") and is then the
/// loopback. Nothing for any other text.
std::optional<ListenAddress> read_listen_address(std::string_view text);

/// PEM files; the certificate file may hold the whole chain, the server's own first.
struct TlsFiles {
    std::string certificate;
    std::string key;
};

struct ServerSetup {
    std::string name = "darkroom";   ///< The value of the Server header.
    std::size_t connections_max = 0; ///< More wait in the system's queue.
    SessionLimits limits;
    bool has_http2 = false; ///< For those who ask for it; all others get HTTP/1.1.
};

/// Everything happens on the thread of `executor`, where all calls must come from too. The server
/// outlives the group that it serves in.
class Server {
public:
    /// `clock` gives the time of the Date header; it must outlive the server.
    Server(boost::asio::any_io_executor executor, Clock& clock, ServerSetup setup);
    ~Server();
    Server(Server const&) = delete;
    Server& operator=(Server const&) = delete;

    /// Opens the port and reads the TLS files; connections wait until serve_in(). Call it once.
    /// Errors: Errc::bad_listen_address, Errc::bad_tls_files, both naming what was tried.
    Result<> listen(ListenAddress const& at, std::optional<TlsFiles> const& tls = std::nullopt);
    /// Begins to accept; the connections are tasks of the group and end when it is cancelled.
    /// `handler` outlives them. Call it once, after listen().
    void serve_in(TaskGroup& group, Handler& handler);
    /// Closes the port; open connections go on.
    void close();

    std::uint16_t port() const;               ///< After listen().
    boost::asio::ip::address address() const; ///< After listen().
    /// Returns "http://127.0.0.1:40123", after listen(), without a slash at the end. "Any address"
    /// is shown as the loopback.
    std::string url() const;
    std::size_t connections() const { return connections_; }

private:
    boost::asio::awaitable<void> accept_all(TaskGroup& group, Handler& handler);
    boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket, TaskGroup& group,
                                       Handler& handler);

    Clock& clock_;
    ServerSetup setup_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::ip::tcp::endpoint endpoint_;
    std::unique_ptr<boost::asio::ssl::context> tls_; // null: plain HTTP
    Gate connection_ended_;
    std::size_t connections_ = 0;
};

} // namespace darkroom::http
