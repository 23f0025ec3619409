#include "runner/net/hook_listener.hpp"

#include "runner/net/hook_request.hpp"
#include "runner/net/in_time.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <random>

namespace darkroom::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr Duration connection_time = std::chrono::seconds(10);
constexpr Duration after_trouble = std::chrono::seconds(1);

/// 128 bits of the system's own randomness.
std::string make_secret() {
    std::random_device system;
    std::string secret;
    for (int i = 0; i < 4; ++i) secret += fmt::format("{:08x}", system());
    return secret;
}

Result<tcp::endpoint> endpoint_of(std::string const& place) {
    if (place.empty()) return Error(Errc::bad_url, "no ADDRESS:PORT to listen at");
    auto const colon = place.rfind(':');
    auto host = place.substr(0, std::min(colon, place.size()));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host == "localhost") host = "127.0.0.1";
    boost::system::error_code failure;
    auto const address = asio::ip::make_address(host, failure);
    std::uint16_t port = 0;
    char const* const end = place.data() + place.size();
    char const* const begin = place.data() + std::min(colon, place.size() - 1) + 1;
    auto const read = std::from_chars(begin, end, port);
    bool const has_port = colon != std::string::npos && read.ec == std::errc() && read.ptr == end;
    if (failure || !has_port)
        return Error(Errc::bad_url, fmt::format("'{}' is no ADDRESS:PORT to listen at", place));
    return tcp::endpoint(address, port);
}

std::string_view reason_of(int status) {
    switch (status) {
    case 200: return "OK";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 411: return "Length Required";
    case 413: return "Payload Too Large";
    case 431: return "Request Header Fields Too Large";
    default: return "Bad Request";
    }
}

} // namespace

HookListener::HookListener(Clock& clock, tcp::acceptor acceptor)
    : clock_(clock), acceptor_(std::move(acceptor)), secret_(make_secret()) {}

Result<std::unique_ptr<HookListener>> HookListener::open(asio::any_io_executor executor,
                                                         Clock& clock, std::string const& place) {
    auto const endpoint = endpoint_of(place);
    if (endpoint.has_error()) return endpoint.error();
    tcp::acceptor acceptor(executor);
    boost::system::error_code failure;
    acceptor.open(endpoint->protocol(), failure);
    if (!failure) acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
    if (!failure) acceptor.bind(*endpoint, failure);
    if (!failure) acceptor.listen(tcp::acceptor::max_listen_connections, failure);
    if (failure) return Error(failure, fmt::format("cannot listen at {}", place));
    return std::unique_ptr<HookListener>(new HookListener(clock, std::move(acceptor)));
}

std::string HookListener::origin() const {
    auto const local = acceptor_.local_endpoint();
    auto const host = local.address().to_string();
    return local.address().is_v6() ? fmt::format("http://[{}]:{}", host, local.port())
                                   : fmt::format("http://{}:{}", host, local.port());
}

void HookListener::serve_in(TaskGroup& group, Taker taker) {
    taker_ = std::move(taker);
    for (int i = 0; i < workers; ++i) group.spawn(work());
}

asio::awaitable<void> HookListener::work() {
    auto const token = asio::as_tuple(asio::use_awaitable);
    for (;;) {
        tcp::socket socket(acceptor_.get_executor());
        auto const [failure] = co_await acceptor_.async_accept(socket, token);
        if (failure) {
            co_await clock_.sleep_for(after_trouble); // too many open files: it may pass
            continue;
        }
        Time const end = clock_.now() + connection_time;
        co_await in_time(clock_, end, answer_one(socket));
    }
}

/// False when the other side went away first.
asio::awaitable<bool> HookListener::answer_one(tcp::socket& socket) {
    auto const token = asio::as_tuple(asio::use_awaitable);
    std::array<char, 4096> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): read into
    HookRequest request(secret_);
    while (request.status() == 0) {
        auto const [failure, count] = co_await socket.async_read_some(asio::buffer(buffer), token);
        if (failure) co_return false;
        request.feed(std::string_view(buffer.data(), count));
    }
    int status = request.status();
    if (status == 200 && !taker_(request.body())) status = 400;
    auto const answer = fmt::format("HTTP/1.1 {} {}\r\nContent-Length: 0\r\nConnection: close\r\n"
                                    "\r\n",
                                    status, reason_of(status));
    auto const [failure, sent] = co_await asio::async_write(socket, asio::buffer(answer), token);
    boost::system::error_code ignored; // it may have left already
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    co_return !failure && sent == answer.size();
}

} // namespace darkroom::net
