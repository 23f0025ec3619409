#include "tests/bench/idle_server.hpp"

#include "runner/base/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/ssl/impl/src.hpp> // in this file only: no other part of this program uses it
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <csignal>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace darkroom::bench {

namespace asio = boost::asio;
using asio::ip::tcp;
using Stream = asio::ssl::stream<tcp::socket>;

namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);

/// A line of the length and shape of the service's preview lines.
std::string const line = R"({"progress":35,"actions":[],"image_url":")" + std::string(300, 'u') +
                         R"(","task_id":"1bae3bec-3ac4-4180-a148-74ee6cb68b98","success":true})"
                         "\n";

asio::awaitable<void> serve(tcp::socket socket, asio::ssl::context& context, int seconds) {
    Stream stream(std::move(socket), context);
    auto [shaken] = co_await stream.async_handshake(asio::ssl::stream_base::server, quietly);
    if (shaken) co_return;
    std::string request;
    auto buffer = asio::dynamic_buffer(request);
    auto [read, size] = co_await asio::async_read_until(stream, buffer, "\r\n\r\n", quietly);
    if (read) co_return;
    auto const head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(2 * line.size()) +
                      "\r\nContent-Type: application/x-ndjson\r\n\r\n" + line;
    auto [failure, head_size] = co_await asio::async_write(stream, asio::buffer(head), quietly);
    if (failure) co_return;
    asio::steady_timer timer(stream.get_executor(), std::chrono::seconds(seconds));
    co_await timer.async_wait(asio::use_awaitable);
    auto [ended, line_size] = co_await asio::async_write(stream, asio::buffer(line), quietly);
    (void)ended;
    auto [left] = co_await stream.async_shutdown(quietly);
    (void)left;
}

asio::awaitable<void> accept_all(tcp::acceptor& acceptor, asio::ssl::context& context,
                                 int seconds) {
    TaskGroup group(acceptor.get_executor());
    for (;;) {
        auto socket = co_await acceptor.async_accept(asio::use_awaitable);
        group.spawn(serve(std::move(socket), context, seconds));
    }
}

[[noreturn]] void be_server(tcp::endpoint endpoint, int answer_to,
                            test::Certificate const& certificate, int seconds) {
    asio::io_context io;
    asio::ssl::context context(asio::ssl::context::tls_server);
    context.use_certificate(asio::buffer(certificate.certificate), asio::ssl::context::pem);
    context.use_private_key(asio::buffer(certificate.key), asio::ssl::context::pem);
    tcp::acceptor acceptor(io, endpoint);
    acceptor.listen(4096);
    std::uint16_t const port = acceptor.local_endpoint().port();
    if (::write(answer_to, &port, sizeof port) != sizeof port) ::_exit(1);
    asio::co_spawn(io, accept_all(acceptor, context, seconds), [](std::exception_ptr) {});
    io.run();
    ::_exit(0);
}

} // namespace

IdleServer start_idle_server(test::Certificate const& certificate, int seconds) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    IdleServer server;
    server.process = ::fork();
    if (server.process == 0)
        be_server({asio::ip::address_v4::loopback(), 0}, ends[1], certificate, seconds);
    ::close(ends[1]);
    if (::read(ends[0], &server.port, sizeof server.port) != sizeof server.port)
        throw std::runtime_error("the server did not start");
    ::close(ends[0]);
    return server;
}

void stop(IdleServer const& server) {
    ::kill(server.process, SIGKILL);
    ::waitpid(server.process, nullptr, 0);
}

} // namespace darkroom::bench
