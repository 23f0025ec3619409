#include "runner/net/hook_listener.hpp"

#include "runner/base/in_time.hpp"
#include "runner/base/number.hpp"
#include "runner/net/hook_request.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <random>

namespace darkroom::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr Duration connection_time = std::chrono::seconds(10);
constexpr Duration accept_pause = std::chrono::seconds(1);

/// Returns 128 random bits of the system as text.
std::string make_secret() {
    std::random_device system;
    std::string secret;
    for (int i = 0; i < 4; ++i) secret += fmt::format("{:08x}", system());
    return secret;
}

Result<tcp::endpoint> parse_endpoint(std::string_view text) {
    if (text.empty()) return Error(Errc::bad_url, "no ADDRESS:PORT to listen at");
    auto const colon = text.rfind(':');
    auto host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host == "localhost") host = "127.0.0.1";
    boost::system::error_code failure;
    auto const address = asio::ip::make_address(host, failure);
    std::optional<std::uint16_t> port;
    if (colon != text.npos) port = parse_whole<std::uint16_t>(text.substr(colon + 1));
    if (failure || !port)
        return Error(Errc::bad_url, fmt::format("'{}' is no ADDRESS:PORT to listen at", text));
    return tcp::endpoint(address, *port);
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
                                                         Clock& clock, std::string const& at) {
    TRY_ASSIGN(auto const endpoint, parse_endpoint(at));
    tcp::acceptor acceptor(executor);
    boost::system::error_code failure;
    acceptor.open(endpoint.protocol(), failure);
    if (!failure) acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
    if (!failure) acceptor.bind(endpoint, failure);
    if (!failure) acceptor.listen(tcp::acceptor::max_listen_connections, failure);
    if (failure) return Error(failure, fmt::format("cannot listen at {}", at));
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
            co_await clock_.sleep_for(accept_pause); // too many open files: a passing state
            continue;
        }
        Time const end = clock_.now() + connection_time;
        co_await in_time(clock_, end, answer_one(socket));
    }
}

/// Completes: false when the other side closed first.
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
    if (status == 200 && !taker_(request.post())) status = 400;
    auto const answer = fmt::format("HTTP/1.1 {} {}\r\nContent-Length: 0\r\nConnection: close\r\n"
                                    "\r\n",
                                    status, reason_of(status));
    auto const [failure, sent] = co_await asio::async_write(socket, asio::buffer(answer), token);
    boost::system::error_code ignored; // the other side may have closed already
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    co_return !failure && sent == answer.size();
}

} // namespace darkroom::net
