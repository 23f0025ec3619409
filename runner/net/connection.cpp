#include "runner/net/connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace darkroom::net {

namespace asio = boost::asio;
using Socket = asio::ip::tcp::socket;

Connection::Connection(Socket socket, Clock& clock)
    : channel_(std::move(socket)), clock_(clock), alarm_(channel_.socket().get_executor()) {}

void Connection::limit(Time when, std::string_view doing) {
    deadline_ = when;
    doing_ = doing;
    if (!armed_ || when < alarm_.expiry()) arm(when);
}

void Connection::lift_limit() {
    deadline_ = Time::max();
    armed_ = false;
    alarm_.cancel();
}

void Connection::arm(Time when) {
    armed_ = true;
    alarm_.expires_at(when); // ends an earlier wait; its handler sees operation_aborted
    alarm_.async_wait([weak = weak_from_this()](error_code ended) {
        auto const self = weak.lock();
        if (self && !ended) self->on_alarm();
    });
}

void Connection::on_alarm() {
    armed_ = false;
    if (deadline_ == Time::max()) return;
    if (clock_.now() < deadline_) return arm(deadline_);
    expired_ = true;
    error_code ignored; // an open socket can always be cancelled, and another has no waits
    channel_.socket().cancel(ignored);
}

asio::awaitable<Result<>> Connection::ready(Want want) {
    auto const side = want == Want::read ? Socket::wait_read : Socket::wait_write;
    error_code ended;
    if (!expired_) {
        auto [error] =
            co_await channel_.socket().async_wait(side, asio::as_tuple(asio::use_awaitable));
        ended = error;
    }
    if (expired_) co_return Error(Errc::timed_out, std::string(doing_));
    if (ended == asio::error::operation_aborted) throw boost::system::system_error(ended);
    if (ended) co_return Error(ended, "");
    co_return Result<>();
}

asio::awaitable<Result<>> Connection::secure(TlsContext& context, Peer peer) {
    auto const begun = channel_.begin_tls(context, peer);
    CO_TRY(begun);
    for (;;) {
        auto const step = channel_.handshake();
        if (step.error.code) co_return step.error;
        if (step.want == Want::nothing) co_return Result<>();
        auto const waited = co_await ready(step.want);
        CO_TRY(waited);
    }
}

asio::awaitable<Written> Connection::write(std::string_view bytes) {
    Written written;
    while (written.bytes < bytes.size()) {
        auto step = channel_.write(bytes.substr(written.bytes));
        written.bytes += step.bytes;
        written.error = std::move(step.error);
        if (written.error.code) break;
        if (step.want == Want::nothing) continue;
        auto const waited = co_await ready(step.want);
        if (waited) continue;
        written.error = waited.error();
        break;
    }
    co_return written;
}

bool Connection::is_quiet() {
    char byte = 0;
    auto const step = channel_.read(std::span(&byte, 1));
    return step.want == Want::read;
}

} // namespace darkroom::net
