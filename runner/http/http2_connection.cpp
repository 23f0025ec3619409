#include "runner/http/http2_connection.hpp"

#include "runner/base/gate.hpp"
#include "runner/base/task_group.hpp"
#include "runner/base/text.hpp"
#include "runner/http/error.hpp"
#include "runner/http/http2_session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace darkroom::http {

namespace asio = boost::asio;

namespace {

/// Bytes that are read at a time.
constexpr std::size_t read_size = 16u << 10;
/// Frames are collected up to this size: as much as a TLS record holds.
constexpr std::size_t record_size = 16u << 10;
/// So much of an answer has the time of one write.
constexpr std::size_t timed_piece_max = 64u << 10;
/// After a goodbye, bytes of the client that are passed over, and the time for them.
constexpr std::size_t passed_over_max = 1u << 20;
constexpr Duration drain_time = std::chrono::seconds(2);

/// Limits of connections are real time.
Time steady_now() { return SteadyClock().now(); }

/// Header fields that speak of one connection of HTTP/1.1.
bool is_of_connection(std::string_view name) {
    constexpr std::array<std::string_view, 5> names{"connection", "keep-alive", "proxy-connection",
                                                    "transfer-encoding", "upgrade"};
    return std::find(names.begin(), names.end(), name) != names.end();
}

class Connection final : public Http2Listener, public std::enable_shared_from_this<Connection> {
public:
    Connection(Stream stream, SessionSetup setup, asio::any_io_executor executor)
        : stream_(std::move(stream)), setup_(std::move(setup)),
          from_loopback_(stream_.is_from_loopback()),
          session_(*this, {setup_.limits.header_bytes, setup_.limits.body_bytes}), news_(executor),
          ended_(executor), alarm_(executor), write_alarm_(executor),
          executor_(std::move(executor)) {}

    /// Reads until one side ends the connection, and waits for the rest of the work.
    asio::awaitable<void> run(std::string first);

    bool has_room() const override { return handlers_ < Http2Session::streams_max; }
    void on_request(Http2Incoming incoming) override;

    Http2Session& session() { return session_; }
    SessionSetup const& setup() const { return setup_; }
    asio::any_io_executor executor() const { return executor_; }
    Headers fields_of(Head head) const;
    /// Something is to be sent.
    void wake() { news_.wake_all(); }

private:
    using Self = std::shared_ptr<Connection>;

    /// The end of a part of the work, which was counted when it was spawned.
    struct Part {
        Connection& connection;
        std::size_t& count;
        ~Part() {
            --count;
            connection.on_part_end();
        }
    };

    /// Sends what the session has to say; completes when nothing more can be sent.
    static asio::awaitable<void> send_all(Self self);
    static asio::awaitable<void> answer(Self self, Http2Incoming incoming);
    void take(std::string_view bytes);
    void on_part_end();
    std::string collect();
    void limit_write();
    void set_alarm();
    void arm(Time when);
    void on_alarm();
    void begin_to_drain();
    void close();

    Stream stream_;
    SessionSetup setup_;
    bool from_loopback_;
    Http2Session session_;
    Gate news_;  // of the session: there is output, or it is over
    Gate ended_; // a part of the work
    asio::steady_timer alarm_;
    asio::steady_timer write_alarm_;
    asio::any_io_executor executor_;
    Time idle_since_ = steady_now();
    std::size_t handlers_ = 0;
    std::size_t writers_ = 0;
    std::size_t drained_ = 0;
    bool is_draining_ = false;
    bool is_closed_ = false;
};

/// One request over one stream, and its answer.
class StreamExchange final : public Exchange, public Http2Answer {
public:
    StreamExchange(Connection& connection, std::int32_t stream, Request request)
        : connection_(connection), stream_(stream), request_(std::move(request)),
          held_(request_.body.size()), turn_(connection.executor()) {}
    ~StreamExchange() override {
        connection_.session().release(held_);
        connection_.session().drop(stream_);
        connection_.wake();
    }

    Request const& request() const override { return request_; }
    std::string take_body() override {
        connection_.session().release(std::exchange(held_, 0));
        connection_.wake();
        return std::exchange(request_.body, std::string());
    }
    asio::awaitable<Result<>> answer(Reply reply) override;
    asio::awaitable<Result<>> begin(Head head) override;
    asio::awaitable<Result<>> write(std::string_view piece) override;
    asio::awaitable<Result<>> finish() override;
    void cut() override { drop(); }
    void reset() override { drop(); }

    void on_taken() override { turn_.cancel(); }

private:
    Result<> send_head(Head head, bool has_body);
    void give(std::string_view piece, bool is_last);
    asio::awaitable<Result<>> until_taken();
    void drop();

    Connection& connection_;
    std::int32_t stream_;
    Request request_;
    std::size_t held_; // bytes of the body that count as not taken
    asio::steady_timer turn_;
    bool is_dropped_ = false;
};

Result<> StreamExchange::send_head(Head head, bool has_body) {
    auto const status = head.status;
    auto const fields = connection_.fields_of(std::move(head));
    bool const is_there =
        !is_dropped_ && connection_.session().begin(stream_, status, fields, *this, has_body);
    connection_.wake();
    if (!is_there) return Error(Errc::peer_gone, "the stream has ended");
    return {};
}

asio::awaitable<Result<>> StreamExchange::answer(Reply reply) {
    Head head;
    head.status = reply.status;
    head.headers = std::move(reply.headers);
    head.length = reply.body.size();
    bool const has_body = request_.method != "HEAD" && !reply.body.empty();
    auto const begun = send_head(std::move(head), has_body);
    if (!begun || !has_body) co_return begun;
    give(reply.body, true);
    auto const sent = co_await until_taken();
    co_return sent;
}

asio::awaitable<Result<>> StreamExchange::begin(Head head) {
    co_return send_head(std::move(head), request_.method != "HEAD");
}

asio::awaitable<Result<>> StreamExchange::write(std::string_view piece) {
    if (request_.method == "HEAD" || piece.empty()) co_return Result<>();
    give(piece, false);
    auto const sent = co_await until_taken();
    co_return sent;
}

asio::awaitable<Result<>> StreamExchange::finish() {
    if (request_.method == "HEAD") co_return Result<>();
    give(std::string_view(), true);
    auto const sent = co_await until_taken();
    co_return sent;
}

void StreamExchange::give(std::string_view piece, bool is_last) {
    if (is_dropped_ || is_gone()) return;
    connection_.session().give(stream_, *this, piece, is_last);
    connection_.wake();
}

/// Each 64 KiB have the time of one write, as over HTTP/1.1: a client may not open its window for
/// longer.
asio::awaitable<Result<>> StreamExchange::until_taken() {
    auto const limit = connection_.setup().limits.write;
    auto deadline = steady_now() + limit;
    auto left_before = left();
    while (!is_taken() && !is_gone() && !is_dropped_) {
        if (steady_now() >= deadline) {
            bool const is_slow =
                left_before - left() < std::clamp<std::size_t>(left_before, 1, timed_piece_max);
            if (is_slow) drop();
            left_before = left();
            deadline = steady_now() + limit;
            continue;
        }
        turn_.expires_at(deadline);
        auto [ignored] = co_await turn_.async_wait(asio::as_tuple(asio::use_awaitable));
        (void)ignored; // operation_aborted when it was woken as well as when it was cancelled
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            throw boost::system::system_error(asio::error::operation_aborted);
    }
    if (is_whole() || (is_taken() && !is_gone() && !is_dropped_)) co_return Result<>();
    co_return Error(Errc::peer_gone, "the stream has ended");
}

/// The stream is reset: what was written before is on its way.
void StreamExchange::drop() {
    is_dropped_ = true;
    connection_.session().drop(stream_);
    connection_.wake();
}

/// The head's fields as HTTP/2 has them: names in lower case, none that speaks of a connection.
Headers Connection::fields_of(Head head) const {
    Headers fields{{"server", setup_.server}};
    if (!find_header(head.headers, "date")) // a recording has its own
        fields.push_back({"date", format_http_date(setup_.clock.wall())});
    for (auto& header : head.headers) {
        header.name = to_lower(header.name);
        if (!is_of_connection(header.name)) fields.push_back(std::move(header));
    }
    if (head.length) fields.push_back({"content-length", std::to_string(*head.length)});
    return fields;
}

void Connection::on_request(Http2Incoming incoming) {
    ++handlers_;
    setup_.group->spawn(answer(shared_from_this(), std::move(incoming)));
}

asio::awaitable<void> Connection::answer(Self self, Http2Incoming incoming) {
    Part const part{*self, self->handlers_};
    auto& handler = self->setup_.handler;
    incoming.request.from_loopback = self->from_loopback_;
    StreamExchange exchange(*self, incoming.stream, std::move(incoming.request));
    if (incoming.refusal == 0) {
        co_await handler.handle(exchange);
        co_return;
    }
    std::string why = incoming.refusal == 413 ? "body limit exceeded" : "header limit exceeded";
    auto reply = handler.refusal(incoming.refusal, std::move(why));
    auto const sent = co_await exchange.answer(std::move(reply));
    (void)sent;
}

void Connection::on_part_end() {
    if (handlers_ == 0) idle_since_ = steady_now();
    ended_.wake_all();
    set_alarm();
}

asio::awaitable<void> Connection::run(std::string first) {
    ++writers_;
    setup_.group->spawn(send_all(shared_from_this()));
    take(first);
    std::string buffer(read_size, '\0');
    while (!is_closed_ && drained_ <= passed_over_max) {
        auto const received = co_await stream_.read_some(buffer);
        if (received.error) break;
        take(std::string_view(buffer).substr(0, received.bytes));
    }
    std::string().swap(buffer);
    close();
    while (handlers_ + writers_ > 0) co_await ended_.wait();
}

void Connection::take(std::string_view bytes) {
    if (is_draining_)
        drained_ += bytes.size();
    else if (!session_.feed(bytes))
        return close();
    wake();
    set_alarm();
}

asio::awaitable<void> Connection::send_all(Self self) {
    Part const part{*self, self->writers_};
    while (!self->is_closed_ && !self->is_draining_) {
        auto const bytes = self->collect();
        if (bytes.empty()) {
            if (self->session_.is_over())
                self->begin_to_drain();
            else
                co_await self->news_.wait();
            continue;
        }
        self->limit_write();
        auto const failed = co_await self->stream_.write(bytes);
        self->write_alarm_.cancel();
        if (failed) self->close();
    }
}

void Connection::limit_write() {
    write_alarm_.expires_after(setup_.limits.write);
    write_alarm_.async_wait([weak = weak_from_this()](error_code ended) {
        auto const connection = weak.lock();
        if (connection && !ended) connection->close();
    });
}

std::string Connection::collect() {
    std::string bytes;
    while (bytes.size() < record_size) {
        auto const frames = session_.output();
        if (frames.empty()) break;
        bytes.append(frames);
    }
    return bytes;
}

/// The limits of a client that sends slowly or nothing: for a request that has begun, or else for
/// the next one.
void Connection::set_alarm() {
    if (is_closed_ || is_draining_) return;
    if (auto const since = session_.incomplete_since()) return arm(*since + setup_.limits.body);
    if (handlers_ == 0) return arm(idle_since_ + setup_.limits.idle);
    alarm_.cancel();
}

void Connection::arm(Time when) {
    alarm_.expires_at(when);
    alarm_.async_wait([weak = weak_from_this()](error_code ended) {
        auto const connection = weak.lock();
        if (connection && !ended) connection->on_alarm();
    });
}

void Connection::on_alarm() {
    bool const is_moved = steady_now() < alarm_.expiry(); // while this was waiting in the loop
    if (is_closed_ || is_moved) return;
    if (is_draining_) return close();
    if (session_.incomplete_since())
        session_.drop_oldest_incomplete();
    else if (handlers_ == 0)
        session_.say_goodbye();
    wake();
    if (handlers_ > 0 || session_.incomplete_since()) set_alarm();
}

/// Lets the client read the goodbye: closing with its bytes unread would reset the connection.
void Connection::begin_to_drain() {
    is_draining_ = true;
    session_.lose();
    error_code ignored; // the client may be gone already
    stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    arm(steady_now() + drain_time);
}

void Connection::close() {
    if (std::exchange(is_closed_, true)) return;
    session_.lose();
    alarm_.cancel();
    write_alarm_.cancel();
    error_code ignored; // there is no remedy for a socket that cannot be closed
    stream_.socket().close(ignored);
    wake();
}

} // namespace

asio::awaitable<void> serve_http2(Stream stream, SessionSetup setup, std::string first) {
    auto const executor = co_await asio::this_coro::executor;
    stream.expires_never(); // the connection has limits of its own
    auto const connection =
        std::make_shared<Connection>(std::move(stream), std::move(setup), executor);
    co_await connection->run(std::move(first));
}

} // namespace darkroom::http
