#include "runner/http/session.hpp"

#include "runner/base/text.hpp"
#include "runner/http/error.hpp"
#include "runner/http/http2_connection.hpp"
#include "runner/http/parser.hpp"
#include "runner/http/stream.hpp"

#include <fmt/format.h>

#include <array>

namespace darkroom::http {

namespace asio = boost::asio;

namespace {

constexpr std::size_t piece_max = 64u << 10;
constexpr std::size_t drain_max = 1u << 20;

/// The result of reading a request: a request, an error to answer, or neither.
struct Incoming {
    bool complete = false;
    int refusal = 0;
    std::string why;
};

class Session final : public Exchange {
public:
    Session(Stream stream, SessionSetup const& setup, std::string first)
        : stream_(std::move(stream)), setup_(setup), reader_(std::move(first)) {}

    asio::awaitable<void> run();

    Request const& request() const override { return request_; }
    std::string take_body() override { return std::exchange(request_.body, std::string()); }
    asio::awaitable<Result<>> answer(Reply reply) override;
    asio::awaitable<Result<>> begin(Head head) override;
    asio::awaitable<Result<>> write(std::string_view piece) override;
    asio::awaitable<Result<>> finish() override;
    void cut() override { close(false); }
    void reset() override { close(true); }

private:
    asio::awaitable<Incoming> read_request();
    asio::awaitable<error_code> read_body(RequestParser& parser);
    asio::awaitable<void> refuse(Incoming incoming);
    asio::awaitable<void> drain();
    asio::awaitable<void> end();
    asio::awaitable<Result<>> send(std::string_view bytes);
    Result<> noted(error_code const& ec);
    std::string head_text(Head const& head);
    void close(bool with_reset);

    Stream stream_;
    SessionSetup setup_;
    MessageReader reader_;
    Request request_;
    bool http_1_0_ = false;
    bool keep_alive_ = true;
    bool chunked_ = false;
    bool answered_ = false; // wholly
    bool closed_ = false;
};

asio::awaitable<void> Session::run() {
    while (!closed_) {
        auto incoming = co_await read_request();
        if (incoming.refusal != 0) {
            co_await refuse(std::move(incoming));
            co_return;
        }
        if (!incoming.complete) break;
        answered_ = false;
        // The wait for a picture has the task's own limit; the connection has none meanwhile.
        stream_.expires_never();
        co_await setup_.handler.handle(*this);
        request_ = Request();
        if (!answered_) close(false);
        if (!keep_alive_) break;
    }
    co_await end();
}

asio::awaitable<Incoming> Session::read_request() {
    ParserLimits limits;
    limits.header_bytes = setup_.limits.header_bytes;
    limits.body_bytes = setup_.limits.body_bytes;
    RequestParser parser(limits);
    stream_.expires_after(setup_.limits.idle);
    error_code ec = co_await reader_.read_header(stream_, parser);
    http_1_0_ = parser.is_http_1_0();
    if (!ec) ec = co_await read_body(parser);
    Incoming incoming;
    if (ec) {
        incoming.refusal = refusal_status(ec);
        incoming.why = ec.message();
        co_return incoming;
    }
    keep_alive_ = parser.keep_alive();
    request_ = parser.take();
    request_.from_loopback = stream_.is_from_loopback();
    // An idle connection holds no buffer; a pipelined request's bytes stay.
    reader_.shrink();
    incoming.complete = true;
    co_return incoming;
}

asio::awaitable<error_code> Session::read_body(RequestParser& parser) {
    stream_.expires_after(setup_.limits.body);
    if (parser.expects_continue()) {
        auto const sent = co_await send("HTTP/1.1 100 Continue\r\n\r\n");
        if (!sent) co_return sent.error().code;
        stream_.expires_after(setup_.limits.body);
    }
    auto const ec = co_await reader_.read_message(stream_, parser);
    co_return ec;
}

/// Answers what could not be read as a request. The stream is out of step, so the end follows.
asio::awaitable<void> Session::refuse(Incoming incoming) {
    keep_alive_ = false;
    auto reply = setup_.handler.refusal(incoming.refusal, std::move(incoming.why));
    auto const sent = co_await answer(std::move(reply));
    if (!sent) co_return;
    co_await drain();
}

/// Lets the peer read the refusal: closing with its bytes unread would reset the connection.
asio::awaitable<void> Session::drain() {
    error_code ignored; // the peer may be gone already
    if (!stream_.is_secure()) stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    stream_.expires_after(std::chrono::seconds(2));
    std::array<char, 4096> waste;
    for (std::size_t drained = 0; drained < drain_max;) {
        auto const received = co_await stream_.read_some(waste);
        if (received.error) break;
        drained += received.bytes;
    }
    close(false);
}

/// Closes the connection in order; does not wait long for a peer's TLS close message.
asio::awaitable<void> Session::end() {
    if (closed_) co_return;
    if (stream_.is_secure()) {
        stream_.expires_after(std::chrono::seconds(2));
        auto const ec = co_await stream_.shut_down_tls();
        (void)ec;
    } else {
        error_code ignored;
        stream_.socket().shutdown(asio::socket_base::shutdown_both, ignored);
    }
    close(false);
}

void Session::close(bool with_reset) {
    if (std::exchange(closed_, true)) return;
    keep_alive_ = false;
    error_code ignored; // there is no remedy for a socket that cannot be closed
    if (with_reset) stream_.socket().set_option(asio::socket_base::linger(true, 0), ignored);
    stream_.socket().close(ignored);
}

Result<> Session::noted(error_code const& ec) {
    if (!ec) return {};
    close(false);
    return Error(Errc::peer_gone, "sending an answer: " + ec.message());
}

std::string Session::head_text(Head const& head) {
    auto text = fmt::format("HTTP/1.1 {} {}\r\nserver: {}\r\n", head.status, reason_of(head.status),
                            setup_.server);
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

asio::awaitable<Result<>> Session::send(std::string_view bytes) {
    if (closed_) co_return Error(Errc::peer_gone, "the connection is closed");
    for (std::size_t at = 0; at < bytes.size(); at += piece_max) {
        auto const piece = bytes.substr(at, piece_max);
        stream_.expires_after(setup_.limits.write);
        auto const ec = co_await stream_.write(piece);
        if (ec) co_return noted(ec);
    }
    stream_.expires_never();
    co_return Result<>();
}

asio::awaitable<Result<>> Session::answer(Reply reply) {
    Head head;
    head.status = reply.status;
    head.headers = std::move(reply.headers);
    head.length = reply.body.size();
    constexpr std::size_t joined_max = 16u << 10; // a large body is not copied
    bool const has_body = request_.method != "HEAD";
    bool const is_joined = reply.body.size() <= joined_max;
    auto text = head_text(head);
    if (has_body && is_joined) text += reply.body;
    auto sent = co_await send(text);
    if (sent && has_body && !is_joined) sent = co_await send(reply.body);
    answered_ = sent.has_value();
    co_return sent;
}

asio::awaitable<Result<>> Session::begin(Head head) {
    auto const text = head_text(head);
    auto const sent = co_await send(text);
    co_return sent;
}

asio::awaitable<Result<>> Session::write(std::string_view piece) {
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

asio::awaitable<Result<>> Session::finish() {
    Result<> sent;
    if (chunked_ && request_.method != "HEAD") sent = co_await send("0\r\n\r\n");
    answered_ = sent.has_value();
    co_return sent;
}

/// The beginning of a connection.
struct Opening {
    bool is_open = false;
    bool is_http2 = false;
    std::string first; ///< Bytes that were read.
};

/// Over TLS the versions agree by ALPN; otherwise a client of HTTP/2 begins with its preface.
asio::awaitable<Opening> open(Stream& stream, SessionLimits limits, bool may_be_http2) {
    Opening opening;
    if (stream.is_secure()) {
        stream.expires_after(limits.handshake);
        auto const failed = co_await stream.accept_handshake();
        opening.is_open = !failed;
        opening.is_http2 = may_be_http2 && stream.protocol() == "h2";
        co_return opening;
    }
    opening.is_open = true;
    constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    constexpr std::size_t piece = 512; // as a reader of HTTP/1.1 takes
    stream.expires_after(limits.idle);
    auto& first = opening.first;
    bool is_open_question = may_be_http2;
    while (is_open_question) {
        auto const had = first.size();
        first.resize(had + piece);
        auto const into = std::span(first).subspan(had);
        auto const received = co_await stream.read_some(into);
        first.resize(had + received.bytes);
        bool const agrees = preface.starts_with(std::string_view(first).substr(0, preface.size()));
        opening.is_http2 = agrees && first.size() >= preface.size();
        is_open_question = agrees && !opening.is_http2 && !received.error;
    }
    co_return opening;
}

} // namespace

asio::awaitable<void> serve_connection(asio::ip::tcp::socket socket, SessionSetup setup) {
    error_code ignored; // a socket without the option still works, only slower
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    Stream stream(std::move(socket), setup.tls);
    bool const may_be_http2 = setup.group != nullptr;
    auto opening = co_await open(stream, setup.limits, may_be_http2);
    if (!opening.is_open) co_return;
    if (opening.is_http2) {
        co_await serve_http2(std::move(stream), std::move(setup), std::move(opening.first));
        co_return;
    }
    Session session(std::move(stream), setup, std::move(opening.first));
    co_await session.run();
}

} // namespace darkroom::http
