#include "runner/net/http2_link.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace darkroom::net {

namespace asio = boost::asio;

namespace {

/// The longest wait for the end of an answer whose rest is not needed.
constexpr Duration linger_max = std::chrono::milliseconds(500);
/// The number of reads before other coroutines run.
constexpr int reads_in_turn = 16;
/// Frames are collected up to this size: as much as a TLS record holds.
constexpr std::size_t record_size = 16u << 10;

} // namespace

/// A request under way; the coroutine that waits for it owns it.
class Http2Link::Request final : public Http2Stream {
public:
    Request(std::shared_ptr<Http2Link> link, TimeLimits limits, Time end, BodyReader& reader)
        : link_(std::move(link)), reader_(reader), limits_(limits), end_(end),
          alarm_(link_->executor()) {}
    ~Request() override {
        if (ended_ || id_ == 0) return;
        link_->session_.forget(id_);
        link_->flush();
    }

    void begin(Http2Request request, std::function<bool()> before_first_byte) {
        before_first_byte_ = std::move(before_first_byte);
        reply_.stage = Stage::sending;
        limit_by(limits_.idle, "sending the request");
        if (link_->is_lost_) return finish(Error(Errc::closed, ""));
        auto const id = link_->session_.submit(std::move(request), *this);
        if (id.has_error())
            finish(id.error());
        else
            id_ = *id;
    }

    bool has_ended() const { return ended_; }
    bool is_late() const { return link_->clock_.now() >= deadline_; }
    /// Wakes whoever waits at the deadline, or when the request has ended.
    asio::steady_timer& set_alarm() {
        alarm_.expires_at(deadline_);
        return alarm_;
    }

    /// The last request may take the connection along, and with it what has not left yet.
    void give_up() {
        auto const doing = std::string(doing_);
        bool const is_enough = lingering_ || Http2Session::is_whole(*this);
        link_->is_stalled_ = link_->is_stalled_ || (reply_.stage == Stage::sending && !is_enough);
        link_->session_.forget(id_);
        finish(is_enough ? Error() : Error(Errc::timed_out, doing));
        link_->flush();
        reply_.sent = link_->session_.sent(*this);
    }

    Reply take_reply() { return std::move(reply_); }

    bool on_leaving() override {
        if (before_first_byte_) is_held_back_ = !std::exchange(before_first_byte_, nullptr)();
        return !is_held_back_;
    }

    void on_sent() override {
        if (reply_.stage != Stage::sending) return; // an early answer is there
        reply_.stage = Stage::waiting;
        limit_by(limits_.first, "waiting for an answer");
    }

    void on_head(ResponseHead head) override {
        reply_.stage = Stage::reading;
        reply_.head = std::move(head);
        reply_.head_at = link_->clock_.wall();
        auto const taken = reader_.on_head(reply_.head);
        if (taken.has_error()) stop(taken.error());
    }

    void on_body(std::string_view bytes) override {
        auto const progress = reader_.on_body(bytes);
        if (progress.has_error()) return stop(progress.error());
        if (lingering_) return;
        if (reader_.enough()) {
            lingering_ = true;
            limit_by(linger_max, "waiting for the end of the answer");
        } else if (*progress) {
            limit_by(limits_.idle, "waiting for more of the answer");
        }
    }

    void on_end(StreamEnd end, Error error) override {
        if (is_held_back_) return finish(Error(Errc::held_back, "")); // the server had no body
        reply_.sent = end == StreamEnd::refused ? Sent::none : link_->session_.sent(*this);
        if (end == StreamEnd::whole && reply_.head.status == 0)
            error = Error(Errc::bad_answer, "HTTP/2: an end without a head");
        finish(lingering_ ? Error() : std::move(error));
    }

private:
    void limit_by(Duration time, std::string_view doing) {
        auto const when = link_->clock_.now() + time;
        deadline_ = std::min(when, end_);
        if (deadline_ < alarm_.expiry()) alarm_.cancel(); // it is set again
        doing_ = when < end_ ? doing : "finishing the request within its total time";
    }

    /// Ends a request whose answer cannot be used.
    void stop(Error error) {
        reply_.sent = link_->session_.sent(*this);
        link_->session_.forget(id_);
        finish(std::move(error));
    }

    void finish(Error error) {
        ended_ = true;
        if (!error.code) reply_.stage = Stage::complete;
        reply_.error = std::move(error);
        alarm_.cancel();
    }

    std::shared_ptr<Http2Link> link_;
    BodyReader& reader_;
    TimeLimits limits_;
    Time end_;
    Time deadline_ = Time::max();
    std::string_view doing_;
    asio::steady_timer alarm_;
    std::function<bool()> before_first_byte_;
    Reply reply_;
    bool is_held_back_ = false;
    std::int32_t id_ = 0;
    bool lingering_ = false;
    bool ended_ = false;
};

Http2Link::Http2Link(std::shared_ptr<Connection> connection, Clock& clock, std::span<char> scratch)
    : connection_(std::move(connection)), clock_(clock), scratch_(scratch),
      idle_since_(clock.now()), heard_at_(idle_since_) {
    connection_->lift_limit();
}

asio::any_io_executor Http2Link::executor() {
    return connection_->channel().socket().get_executor();
}

asio::awaitable<Result<>> Http2Link::greet(Time deadline) {
    connection_->limit(deadline, "waiting for the server to speak HTTP/2");
    flush();
    for (;;) {
        read_what_is_there();
        flush();
        if (is_lost_) co_return why_lost_;
        if (session_.is_greeted()) break;
        auto const ready = co_await connection_->ready(Want::read);
        CO_TRY(ready);
    }
    connection_->lift_limit();
    co_return Result<>();
}

bool Http2Link::has_room() {
    if (!is_lost_ && session_.streams() == 0) read_what_is_there();
    if (is_lost_ || is_stalled_ || !session_.has_room()) return false;
    if (session_.streams() == 0)
        return !is_asked_; // one that has not answered is not trusted again
    if (clock_.now() - heard_at_ < silence_max) return true;
    if (!std::exchange(is_asked_, true)) {
        session_.ping();
        flush();
    }
    return false;
}

asio::awaitable<Reply> Http2Link::exchange(Http2Request request,
                                           std::function<bool()> before_first_byte,
                                           TimeLimits limits, Time end, BodyReader& reader) {
    auto under_way = std::make_unique<Request>(shared_from_this(), limits, end, reader);
    under_way->begin(std::move(request), std::move(before_first_byte));
    flush();
    return until_ended(std::move(under_way));
}

/// A coroutine of its own: thousands of them wait for minutes, with nothing that is over.
asio::awaitable<Reply> Http2Link::until_ended(std::unique_ptr<Request> request) {
    while (!request->has_ended()) {
        if (request->is_late()) {
            request->give_up();
            break;
        }
        auto& alarm = request->set_alarm();
        auto [ignored] = co_await alarm.async_wait(asio::as_tuple(asio::use_awaitable));
        (void)ignored; // operation_aborted when it was woken as well as when it was cancelled
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            throw boost::system::system_error(asio::error::operation_aborted);
    }
    co_return request->take_reply();
}

/// Adds frames to what is sent next. Returns false when there is nothing to send.
bool Http2Link::fill() {
    if (out_at_ < out_.size()) return true;
    out_.clear();
    out_at_ = 0;
    while (out_.size() < record_size) {
        auto const bytes = session_.output();
        if (bytes.has_error()) {
            lose(bytes.error());
            return false;
        }
        if (bytes->empty()) break;
        out_.append(*bytes);
    }
    if (out_.empty()) std::string().swap(out_); // thousands of streams wait for minutes
    return !out_.empty();
}

void Http2Link::flush() {
    while (!is_lost_ && !waits_to_write_ && fill()) {
        auto const step = connection_->channel().write(std::string_view(out_).substr(out_at_));
        if (step.error.code) return lose(step.error);
        out_at_ += step.bytes;
        accepted_ += step.bytes;
        session_.note_accepted(accepted_);
        if (step.want == Want::write) wait_for(Want::write);
        if (step.want == Want::read) break; // it goes on after the next read
    }
    if (is_lost_) return;
    if (session_.is_over() && out_at_ == out_.size())
        lose(Error(Errc::bad_answer, "HTTP/2: the connection has ended"));
    else
        wait_for(Want::read);
}

void Http2Link::read_what_is_there() {
    for (int reads = 0; !is_lost_ && reads < reads_in_turn; ++reads) {
        auto step = connection_->channel().read(scratch_);
        if (step.want != Want::nothing) return;
        if (step.error.code) return lose(step.error);
        heard_at_ = clock_.now();
        is_asked_ = false;
        auto const taken = session_.feed({scratch_.data(), step.bytes});
        if (taken.has_error()) return lose(taken.error());
    }
}

/// Without a request nothing waits to read: the program could not end.
void Http2Link::wait_for(Want want) {
    bool& waits = want == Want::read ? waits_to_read_ : waits_to_write_;
    if (want == Want::read && session_.streams() == 0) {
        idle_since_ = clock_.now();
        if (waits_to_write_) return lose(Error(Errc::closed, "")); // the server reads no more
        error_code ignored; // an open socket can always be cancelled
        if (waits) connection_->channel().socket().cancel(ignored);
        return;
    }
    if (std::exchange(waits, true)) return;
    auto& socket = connection_->channel().socket();
    auto const side = want == Want::read ? socket.wait_read : socket.wait_write;
    socket.async_wait(side, [weak = weak_from_this(), want](error_code ended) {
        auto const self = weak.lock();
        if (!self) return;
        (want == Want::read ? self->waits_to_read_ : self->waits_to_write_) = false;
        if (ended && ended != asio::error::operation_aborted) return self->lose(Error(ended, ""));
        if (!ended && want == Want::read) self->read_what_is_there();
        self->flush();
    });
}

/// Ends all requests of a connection that carries nothing more.
void Http2Link::lose(Error const& error) {
    if (std::exchange(is_lost_, true)) return;
    why_lost_ = error;
    session_.lose(error);
    connection_->channel().close();
}

} // namespace darkroom::net
