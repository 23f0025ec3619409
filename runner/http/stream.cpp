#include "runner/http/stream.hpp"

#include "runner/http/parser.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace darkroom::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto as_pair = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t header_piece = 512; // an idle connection holds no more
constexpr std::size_t body_piece = 16u << 10;

/// Also true for a v4 client of a v6 socket, ::ffff:127.0.0.1.
bool is_loopback(asio::ip::address const& address) {
    bool const mapped = address.is_v6() && address.to_v6().is_v4_mapped();
    if (!mapped) return address.is_loopback();
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
}

} // namespace

struct Stream::State : std::enable_shared_from_this<Stream::State> {
    /// Holds the time limit on one operation, also when its coroutine is destroyed.
    class Limit {
    public:
        explicit Limit(std::shared_ptr<State> state) : state_(std::move(state)) { state_->arm(); }
        ~Limit() { state_->disarm(); }
        Limit(Limit const&) = delete;
        Limit& operator=(Limit const&) = delete;

    private:
        std::shared_ptr<State> state_;
    };

    State(tcp::socket connected, asio::ssl::context* context)
        : socket(std::move(connected)), timer(socket.get_executor()) {
        if (context != nullptr) tls.emplace(socket, *context);
    }

    /// Closes the connection at the time limit unless the operation has ended before.
    void arm() {
        auto const armed = ++operation;
        if (!is_limited) return;
        timer.async_wait([weak = weak_from_this(), armed](error_code const& ec) {
            auto const state = weak.lock();
            if (ec || !state || state->operation != armed) return;
            state->has_expired = true;
            error_code ignored; // the operation under way ends all the same
            state->socket.close(ignored);
        });
    }

    void disarm() {
        ++operation;
        if (is_limited) timer.cancel();
    }

    /// Returns `ec`, or `timed_out` when the limit has passed.
    error_code result(error_code const& ec) const {
        return ec && has_expired ? make_error_code(asio::error::timed_out) : ec;
    }

    tcp::socket socket;
    std::optional<asio::ssl::stream<tcp::socket&>> tls;
    asio::steady_timer timer;
    bool is_limited = false;
    bool has_expired = false;
    std::uint64_t operation = 0;
};

Stream::Stream(tcp::socket socket, asio::ssl::context* tls)
    : state_(std::make_shared<State>(std::move(socket), tls)) {}
Stream::Stream(Stream&& other) noexcept = default;
Stream::~Stream() = default;

tcp::socket& Stream::socket() { return state_->socket; }
bool Stream::is_secure() const { return state_->tls.has_value(); }

bool Stream::is_from_loopback() const {
    error_code unknown; // then the client is not known to be on this machine
    auto const peer = state_->socket.remote_endpoint(unknown);
    return !unknown && is_loopback(peer.address());
}

std::string_view Stream::protocol() const {
    unsigned char const* name = nullptr;
    unsigned size = 0;
    if (state_->tls) SSL_get0_alpn_selected(state_->tls->native_handle(), &name, &size);
    return {reinterpret_cast<char const*>(name), size};
}

void Stream::expires_after(Duration limit) {
    state_->is_limited = true;
    state_->timer.expires_after(limit);
}
void Stream::expires_never() { state_->is_limited = false; }

asio::awaitable<error_code> Stream::accept_handshake() {
    State::Limit const limit(state_);
    auto [ec] = co_await state_->tls->async_handshake(asio::ssl::stream_base::server, as_pair);
    co_return state_->result(ec);
}

asio::awaitable<error_code> Stream::connect_handshake(std::string host) {
    auto& tls = *state_->tls;
    SSL_set_tlsext_host_name(tls.native_handle(), host.c_str());
    tls.set_verify_mode(asio::ssl::verify_peer);
    tls.set_verify_callback(asio::ssl::host_name_verification(host));
    State::Limit const limit(state_);
    auto [ec] = co_await tls.async_handshake(asio::ssl::stream_base::client, as_pair);
    co_return state_->result(ec);
}

asio::awaitable<error_code> Stream::shut_down_tls() {
    State::Limit const limit(state_);
    auto [ec] = co_await state_->tls->async_shutdown(as_pair);
    co_return state_->result(ec);
}

asio::awaitable<error_code> Stream::write(std::string_view bytes) {
    State::Limit const limit(state_);
    while (!bytes.empty()) {
        auto const buffer = asio::buffer(bytes.data(), bytes.size());
        error_code failure;
        std::size_t written = 0;
        if (state_->tls) {
            auto [ec, sent] = co_await state_->tls->async_write_some(buffer, as_pair);
            failure = ec;
            written = sent;
        } else {
            auto [ec, sent] = co_await state_->socket.async_write_some(buffer, as_pair);
            failure = ec;
            written = sent;
        }
        if (failure) co_return state_->result(failure);
        bytes.remove_prefix(written);
    }
    co_return error_code();
}

asio::awaitable<Stream::Received> Stream::read_some(std::span<char> into) {
    State::Limit const limit(state_);
    auto const buffer = asio::buffer(into.data(), into.size());
    Received received;
    if (state_->tls) {
        auto [ec, got] = co_await state_->tls->async_read_some(buffer, as_pair);
        received.error = state_->result(ec);
        received.bytes = got;
    } else {
        auto [ec, got] = co_await state_->socket.async_read_some(buffer, as_pair);
        received.error = state_->result(ec);
        received.bytes = got;
    }
    co_return received;
}

error_code MessageReader::parse(MessageParser& parser, bool& needs_more) {
    error_code ec;
    auto const used = parser.put(buffer_, needs_more, ec);
    buffer_.erase(0, used);
    return ec;
}

asio::awaitable<error_code> MessageReader::receive(Stream& stream, MessageParser& parser) {
    auto const kept = buffer_.size();
    auto const piece = parser.has_header() ? body_piece : header_piece;
    auto const size = std::min(piece, unparsed_max - std::min(kept, unparsed_max));
    if (size == 0) co_return overflow_error();
    buffer_.resize(kept + size);
    auto const space = std::span(buffer_).subspan(kept);
    auto const received = co_await stream.read_some(space);
    buffer_.resize(kept + received.bytes);
    error_code ec = received.error;
    if (ec == asio::error::eof) {
        ec = {};
        parser.put_end(ec);
    }
    co_return ec;
}

asio::awaitable<error_code> MessageReader::read(Stream& stream, MessageParser& parser, End end) {
    auto const is_there = [&] {
        return end == End::header ? parser.has_header() : parser.is_complete();
    };
    bool needs_more = false;
    while (!is_there()) {
        error_code ec;
        if (needs_more || buffer_.empty()) ec = co_await receive(stream, parser);
        if (ec) co_return ec;
        if (is_there()) break; // the end of the stream was the message's end
        ec = parse(parser, needs_more);
        if (ec) co_return ec;
    }
    co_return error_code();
}

asio::awaitable<error_code> MessageReader::read_header(Stream& stream, MessageParser& parser) {
    return read(stream, parser, End::header);
}

asio::awaitable<error_code> MessageReader::read_message(Stream& stream, MessageParser& parser) {
    parser.expect_body();
    return read(stream, parser, End::message);
}

} // namespace darkroom::http
