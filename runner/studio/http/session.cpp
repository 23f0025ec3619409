// The door through which Beast comes in: everything above speaks of HttpRequest and Exchange.
#include "runner/studio/http/session.hpp"

#include "runner/base/text.hpp"
#include "runner/studio/http/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <fmt/format.h>

#include <array>
#include <type_traits>

namespace darkroom::studio {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

/// Also of a v4 client of a v6 socket, ::ffff:127.0.0.1.
bool is_loopback(asio::ip::address const& address) {
    bool const mapped = address.is_v6() && address.to_v6().is_v4_mapped();
    if (!mapped) return address.is_loopback();
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
}

constexpr auto as_pair = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t piece_max = 64u << 10;
constexpr std::size_t drain_max = 1u << 20;

using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
using Parser = http::request_parser<http::string_body>;

/// How an attempt to read a request ended: with one, with an error to answer, or with neither.
struct Incoming {
    bool complete = false;
    int refusal = 0;
    std::string why;
};

/// What a parser's failure deserves as an answer; 0: none, the peer is gone or idle.
int refusal_of(error_code const& ec) {
    if (ec == http::error::end_of_stream || ec == http::error::partial_message) return 0;
    if (ec == http::error::header_limit) return 431;
    if (ec == http::error::body_limit) return 413;
    return ec.category() == http::make_error_code(http::error::bad_method).category() ? 400 : 0;
}

std::string to_text(beast::string_view text) { return {text.data(), text.size()}; }

HttpRequest take_request(Parser& parser) {
    auto message = parser.release();
    HttpRequest request;
    request.method = to_text(message.method_string());
    auto const target = to_text(message.target());
    auto const question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string::npos) request.query = target.substr(question + 1);
    for (auto const& field : message) {
        request.headers.push_back({to_lower(to_text(field.name_string())), to_text(field.value())});
    }
    request.body = std::move(message.body());
    return request;
}

template <class Stream>
class Session final : public Exchange {
public:
    Session(Stream stream, SessionSetup const& setup)
        : stream_(std::move(stream)), setup_(setup),
          buffer_(setup.limits.header_bytes + piece_max) {}

    asio::awaitable<void> run();

    HttpRequest const& request() const override { return request_; }
    std::string take_body() override { return std::exchange(request_.body, std::string()); }
    asio::awaitable<Result<>> answer(HttpReply reply) override;
    asio::awaitable<Result<>> begin(HttpHead head) override;
    asio::awaitable<Result<>> write(std::string_view piece) override;
    asio::awaitable<Result<>> finish() override;
    void cut() override { close(false); }
    void reset() override { close(true); }

private:
    beast::tcp_stream& tcp() { return beast::get_lowest_layer(stream_); }
    asio::awaitable<bool> open();
    asio::awaitable<Incoming> read_request();
    asio::awaitable<error_code> read_body(Parser& parser);
    asio::awaitable<void> refuse(Incoming incoming);
    asio::awaitable<void> drain();
    asio::awaitable<void> end();
    asio::awaitable<Result<>> send(std::string_view bytes);
    Result<> noted(error_code const& ec);
    std::string head_text(HttpHead const& head);
    void close(bool with_reset);

    Stream stream_;
    SessionSetup setup_;
    beast::flat_buffer buffer_;
    HttpRequest request_;
    bool http_1_0_ = false;
    bool keep_alive_ = true;
    bool chunked_ = false;
    bool answered_ = false; // wholly
    bool closed_ = false;
};

template <class Stream>
asio::awaitable<void> Session<Stream>::run() {
    bool const opened = co_await open();
    while (opened && !closed_) {
        auto incoming = co_await read_request();
        if (incoming.refusal != 0) {
            co_await refuse(std::move(incoming));
            co_return;
        }
        if (!incoming.complete) break;
        answered_ = false;
        // The wait for a picture has the task's own limit; the connection has none meanwhile.
        tcp().expires_never();
        co_await setup_.handler.handle(*this);
        request_ = HttpRequest();
        if (!answered_) close(false);
        if (!keep_alive_) break;
    }
    co_await end();
}

template <class Stream>
asio::awaitable<bool> Session<Stream>::open() {
    error_code failure;
    if constexpr (std::is_same_v<Stream, TlsStream>) {
        tcp().expires_after(setup_.limits.handshake);
        auto [ec] = co_await stream_.async_handshake(asio::ssl::stream_base::server, as_pair);
        failure = ec;
    }
    co_return !failure;
}

template <class Stream>
asio::awaitable<Incoming> Session<Stream>::read_request() {
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(setup_.limits.header_bytes));
    parser.body_limit(setup_.limits.body_bytes);
    tcp().expires_after(setup_.limits.idle);
    auto [failure, got] = co_await http::async_read_header(stream_, buffer_, parser, as_pair);
    (void)got;
    http_1_0_ = parser.is_header_done() && parser.get().version() < 11;
    error_code ec = failure;
    if (!ec) ec = co_await read_body(parser);
    Incoming incoming;
    if (ec) {
        incoming.refusal = refusal_of(ec);
        incoming.why = ec.message();
        co_return incoming;
    }
    keep_alive_ = parser.keep_alive();
    request_ = take_request(parser);
    error_code unknown; // then the client is not known to be on this machine
    auto const peer = tcp().socket().remote_endpoint(unknown);
    request_.from_loopback = !unknown && is_loopback(peer.address());
    // An idle connection holds no buffer; a pipelined request's bytes stay.
    buffer_.shrink_to_fit();
    incoming.complete = true;
    co_return incoming;
}

template <class Stream>
asio::awaitable<error_code> Session<Stream>::read_body(Parser& parser) {
    tcp().expires_after(setup_.limits.body);
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
        auto const sent = co_await send("HTTP/1.1 100 Continue\r\n\r\n");
        if (!sent) co_return sent.error().code;
        tcp().expires_after(setup_.limits.body);
    }
    auto [ec, got] = co_await http::async_read(stream_, buffer_, parser, as_pair);
    (void)got;
    co_return ec;
}

/// Answers what could not be read as a request. The stream is out of step, so the end follows.
template <class Stream>
asio::awaitable<void> Session<Stream>::refuse(Incoming incoming) {
    keep_alive_ = false;
    auto reply = setup_.handler.refusal(incoming.refusal, std::move(incoming.why));
    auto const sent = co_await answer(std::move(reply));
    if (!sent) co_return;
    co_await drain();
}

/// Lets the peer read the refusal: closing with its bytes unread would reset the connection.
template <class Stream>
asio::awaitable<void> Session<Stream>::drain() {
    error_code ignored; // the peer may be gone already
    if constexpr (std::is_same_v<Stream, PlainStream>)
        tcp().socket().shutdown(asio::socket_base::shutdown_send, ignored);
    tcp().expires_after(std::chrono::seconds(2));
    std::array<char, 4096> waste;
    for (std::size_t drained = 0; drained < drain_max;) {
        auto const buffer = asio::buffer(waste);
        auto [ec, got] = co_await stream_.async_read_some(buffer, as_pair);
        if (ec) break;
        drained += got;
    }
    close(false);
}

/// The orderly end; a peer that does not answer TLS's farewell is left.
template <class Stream>
asio::awaitable<void> Session<Stream>::end() {
    if (closed_) co_return;
    if constexpr (std::is_same_v<Stream, TlsStream>) {
        tcp().expires_after(std::chrono::seconds(2));
        auto [ec] = co_await stream_.async_shutdown(as_pair);
        (void)ec;
    } else {
        error_code ignored;
        tcp().socket().shutdown(asio::socket_base::shutdown_both, ignored);
    }
    close(false);
}

template <class Stream>
void Session<Stream>::close(bool with_reset) {
    if (std::exchange(closed_, true)) return;
    keep_alive_ = false;
    error_code ignored; // nothing is left to be done about a socket that can't be closed
    if (with_reset) tcp().socket().set_option(asio::socket_base::linger(true, 0), ignored);
    tcp().socket().close(ignored);
}

template <class Stream>
Result<> Session<Stream>::noted(error_code const& ec) {
    if (!ec) return {};
    close(false);
    return Error(Errc::peer_gone, "sending an answer: " + ec.message());
}

template <class Stream>
std::string Session<Stream>::head_text(HttpHead const& head) {
    auto text = fmt::format("HTTP/1.1 {} {}\r\nserver: darkroom-studio\r\n", head.status,
                            to_text(http::obsolete_reason(static_cast<http::status>(head.status))));
    if (!find_header(head.headers, "date")) // a recording has its own
        text += fmt::format("date: {}\r\n", format_http_date(setup_.clock.wall()));
    for (auto const& header : head.headers) text += header.name + ": " + header.value + "\r\n";
    chunked_ = !head.length && !http_1_0_;
    // An HTTP/1.0 reader knows no chunks: the end of the connection ends the body.
    if (!head.length && http_1_0_) keep_alive_ = false;
    if (head.length) text += fmt::format("content-length: {}\r\n", *head.length);
    if (chunked_) text += "transfer-encoding: chunked\r\n";
    if (!keep_alive_) text += "connection: close\r\n";
    if (keep_alive_ && http_1_0_) text += "connection: keep-alive\r\n";
    return text + "\r\n";
}

template <class Stream>
asio::awaitable<Result<>> Session<Stream>::send(std::string_view bytes) {
    if (closed_) co_return Error(Errc::peer_gone, "the connection is closed");
    for (std::size_t at = 0; at < bytes.size(); at += piece_max) {
        auto const piece = bytes.substr(at, piece_max);
        auto const buffer = asio::buffer(piece.data(), piece.size());
        tcp().expires_after(setup_.limits.write);
        auto [ec, sent] = co_await asio::async_write(stream_, buffer, as_pair);
        (void)sent;
        if (ec) co_return noted(ec);
    }
    tcp().expires_never();
    co_return Result<>();
}

template <class Stream>
asio::awaitable<Result<>> Session<Stream>::answer(HttpReply reply) {
    HttpHead head;
    head.status = reply.status;
    head.headers = std::move(reply.headers);
    head.length = reply.body.size();
    auto text = head_text(head);
    if (request_.method != "HEAD") text += reply.body;
    auto const sent = co_await send(text);
    answered_ = sent.has_value();
    co_return sent;
}

template <class Stream>
asio::awaitable<Result<>> Session<Stream>::begin(HttpHead head) {
    auto const text = head_text(head);
    auto const sent = co_await send(text);
    co_return sent;
}

template <class Stream>
asio::awaitable<Result<>> Session<Stream>::write(std::string_view piece) {
    if (request_.method == "HEAD" || piece.empty()) co_return Result<>();
    if (!chunked_) {
        auto const sent = co_await send(piece);
        co_return sent;
    }
    for (std::size_t at = 0; at < piece.size(); at += piece_max) {
        auto const part = piece.substr(at, piece_max);
        auto const chunk = fmt::format("{:x}\r\n{}\r\n", part.size(), part);
        auto const sent = co_await send(chunk);
        if (!sent) co_return sent;
    }
    co_return Result<>();
}

template <class Stream>
asio::awaitable<Result<>> Session<Stream>::finish() {
    Result<> sent;
    if (chunked_ && request_.method != "HEAD") sent = co_await send("0\r\n\r\n");
    answered_ = sent.has_value();
    co_return sent;
}

} // namespace

asio::awaitable<void> serve_connection(asio::ip::tcp::socket socket, SessionSetup setup) {
    error_code ignored; // a socket without the option still works, only slower
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    PlainStream plain(std::move(socket));
    if (setup.tls == nullptr) {
        Session<PlainStream> session(std::move(plain), setup);
        co_await session.run();
    } else {
        TlsStream secured(std::move(plain), *setup.tls);
        Session<TlsStream> session(std::move(secured), setup);
        co_await session.run();
    }
}

} // namespace darkroom::studio
